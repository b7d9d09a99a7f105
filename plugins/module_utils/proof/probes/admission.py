# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Let probes through the network's policies for as long as they measure the layer above it.

A packet that a NetworkPolicy drops says nothing of TLS. A policy that *selects* a pod also isolates it, so each of
ours selects exactly what an existing policy selects already, and adds as peers our probe pods. Those of another cluster
have no labels here: policies know them by their address.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import directions_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import NAMESPACE_NAME_LABEL
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import LIFETIME, PREFIX

API = "networking.k8s.io/v1"
KIND = "NetworkPolicy"
Object = dict[str, Any]


def admitting(
    policies: Iterable[Mapping[str, Any]], owner: Mapping[str, str], probe_namespace: str, namespaces: Sequence[str],
    addresses: Sequence[str] = (),
) -> list[Object]:  # fmt: skip
    """The policies to add: ingress beside each policy that isolates, and egress for the probe pods themselves."""
    probes = {"matchLabels": dict(owner)}
    peers: list[Object] = [
        {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME_LABEL: probe_namespace}}, "podSelector": probes},
        *({"ipBlock": {"cidr": str(ip_network(address))}} for address in addresses),
    ]
    selected: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for policy in policies:
        namespace = policy["metadata"]["namespace"]
        if namespace in namespaces and "Ingress" in directions_of(policy):
            selector = policy["spec"].get("podSelector") or {}
            selected[f"{namespace}{sorted(selector.items())!r}"] = (namespace, selector)
    ingress = [
        _policy(namespace, owner, {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"from": peers}]})
        for namespace, selector in selected.values()
    ]
    egress = _policy(probe_namespace, owner, {"podSelector": probes, "policyTypes": ["Egress"], "egress": [{}]})
    return [*ingress, egress]


def _policy(namespace: str, owner: Mapping[str, str], spec: Object) -> Object:
    name = f"{PREFIX}admitted-{secrets.token_hex(4)}"
    return {
        "apiVersion": API,
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace, "labels": dict(owner)},
        "spec": spec,
    }


@contextlib.contextmanager
def admitted(
    client: ClusterClient, owner: Mapping[str, str], probe_namespace: str, namespaces: Sequence[str],
    addresses: Sequence[str] = (),
) -> Iterator[None]:  # fmt: skip
    """For the length of the block, pods of ``probe_namespace`` that carry ``owner`` reach ``namespaces``.

    So do pods at ``addresses``, which are of other clusters.
    """
    existing = client.list(API, KIND)
    _sweep(client, owner, existing)
    others = (policy for policy in existing if not _ours(policy, owner))
    wanted = admitting(others, owner, probe_namespace, namespaces, addresses)
    try:
        for policy in wanted:
            client.create(policy)
        yield
    finally:
        for policy in wanted:
            client.delete(API, KIND, policy["metadata"]["name"], policy["metadata"]["namespace"])


def _ours(policy: Mapping[str, Any], owner: Mapping[str, str]) -> bool:
    labels = policy["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in owner.items())


def _sweep(client: ClusterClient, owner: Mapping[str, str], existing: Iterable[Mapping[str, Any]]) -> None:
    """Remove what a run that was killed left behind: ours, and older than a probe pod may live."""
    oldest = datetime.now(UTC) - timedelta(seconds=LIFETIME)
    for policy in existing:
        metadata = policy["metadata"]
        created = datetime.fromisoformat(metadata["creationTimestamp"])
        if _ours(policy, owner) and created < oldest:
            client.delete(API, KIND, metadata["name"], metadata["namespace"])
