# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The objects of a layer as a cluster is to have them, from a task's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.objects import prepare
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.sources import load_manifests
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Objects, Owner


def load_layer(client: ClusterClient, args: Mapping[str, Any], owner: Owner) -> tuple[Objects, list[str]]:
    """The objects, prepared as ``owner``'s, and what users should know of what is not among them.

    Kinds are those that the cluster serves and those that the layer itself defines.
    """
    given = load_manifests(args, lambda: str(client.request("GET", "/version").get("gitVersion") or ""))
    client.discovery.add_definitions(item.obj for item in given.objects)
    return prepare(given.objects, owner, client.discovery.namespaced, args.get("namespace") or ""), given.warnings
