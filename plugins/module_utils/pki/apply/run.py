# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one entrance to ``certificate`` for its module and its action plugin."""

from __future__ import annotations

from functools import cache
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.reconcile import Engine
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import MANAGED_BY, OWNER


def labels_for(environment: str | None, layer: str) -> dict[str, str]:
    """The labels by which what this collection made is found again."""
    labels = {MANAGED_BY: OWNER, "pingpong.platform/layer": layer}
    if environment:
        labels["pingpong.platform/environment"] = environment
    return labels


def run(args: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """The result of a ``certificate`` task with these validated options."""
    require("cryptography", "make and read certificates")

    @cache
    def api() -> ClusterClient:
        if not args.get("connection"):
            raise OptionError("connection: found none, expected one because a Secret is to be read or written")
        return ClusterClient.from_connection(args["connection"])

    labels = labels_for(args.get("environment_name"), args["layer"])
    try:
        return Engine(api, labels, check_mode=check_mode).run(args["certificates"])
    finally:
        if api.cache_info().currsize:
            api().close()
