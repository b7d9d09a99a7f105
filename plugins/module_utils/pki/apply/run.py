# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The one entrance to ``certificate`` for its module and its action plugin."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.reconcile import Engine
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.factory import Backends
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import MANAGED_BY, OWNER

if TYPE_CHECKING:
    from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
    from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
    from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions


def labels_for(environment: str | None, layer: str) -> dict[str, str]:
    """The labels by which what this collection made is found again."""
    labels = {MANAGED_BY: OWNER, "pingpong.platform/layer": layer}
    if environment:
        labels["pingpong.platform/environment"] = environment
    return labels


def run(args: dict[str, Any], *, check_mode: bool, want_diff: bool = True) -> dict[str, Any]:
    """The result of a ``certificate`` task with these validated options."""
    require("cryptography", "make and read certificates")

    # The clients are imported when they are first needed: a task over files needs neither.
    @cache
    def kubernetes() -> ClusterClient:
        from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

        if not args.get("connection"):
            raise OptionError("connection: found none, expected one because a Secret is to be read or written")
        return ClusterClient.from_connection(args["connection"])

    @cache
    def cloud() -> tuple[CloudClient, str]:
        from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import settings
        from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect

        chosen = settings(args.get("cloud") or {})
        return connect(chosen), chosen.project

    def secret_manager(option: str, name: str) -> SecretVersions:
        from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions

        return SecretVersions(option, *cloud(), name)

    labels = labels_for(args.get("environment_name"), args["layer"])
    try:
        engine = Engine(Backends(kubernetes, secret_manager), labels, check_mode=check_mode)
        return engine.run(args["certificates"], want_diff=want_diff)
    finally:
        if kubernetes.cache_info().currsize:
            kubernetes().close()
