# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AuthorizationPolicies of the mesh, and whether they let in named identities only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.selectors import matches
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Object


def authorization_policies(client: ClusterClient, namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """The AuthorizationPolicies of namespaces; none where the mesh's kinds are not installed."""
    try:
        kind = ("security.istio.io/v1", "AuthorizationPolicy")
        return [item for namespace in namespaces for item in client.list(*kind, namespace)]
    except UnknownKind:
        return []


def admits_by_principal(pod: MeshPod, policies: Iterable[Object]) -> bool:
    """Whether an AuthorizationPolicy of the pod's namespace lets in named identities only."""
    for policy in policies:
        spec = policy.get("spec") or {}
        selector = (spec.get("selector") or {}).get("matchLabels") or {}
        if policy["metadata"]["namespace"] != pod.workload.namespace or spec.get("action", "ALLOW") != "ALLOW":
            continue
        if not matches({"matchLabels": selector}, pod.labels):
            continue
        sources = [s.get("source") or {} for rule in spec.get("rules") or [] for s in rule.get("from") or []]
        if sources and all(source.get("principals") for source in sources):
            return True
    return False
