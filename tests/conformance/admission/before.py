"""Objects that no rule would admit, made before there are rules."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ruled import ROOT, SHOP, Object, until

from tests.support.layers import deployment

PEER_AUTHENTICATION = ("security.istio.io/v1", "PeerAuthentication")
DESTINATION_RULE = ("networking.istio.io/v1", "DestinationRule")


def istio(kind: tuple[str, str], namespace: str, spec: Object) -> Object:
    return {
        "apiVersion": kind[0],
        "kind": kind[1],
        "metadata": {"name": "before", "namespace": namespace},
        "spec": spec,
    }


def plant(client: ClusterClient) -> None:
    """A workload with its pod, and what weakens the mesh."""
    workload = deployment("before", replicas=1)
    workload["metadata"]["namespace"] = SHOP
    client.create(workload)
    client.create(istio(PEER_AUTHENTICATION, SHOP, {"mtls": {"mode": "PERMISSIVE"}}))
    client.create(istio(PEER_AUTHENTICATION, ROOT, {"mtls": {"mode": "DISABLE"}}))
    host = f"before.{SHOP}.svc.cluster.local"
    client.create(istio(DESTINATION_RULE, ROOT, {"host": host, "trafficPolicy": {"tls": {"mode": "DISABLE"}}}))
    until(lambda: bool(client.list("v1", "Pod", SHOP)), "the workload has no pod")


def clear(client: ClusterClient) -> None:
    """Away with all of it, and the namespace's label as it must be."""
    client.delete("apps/v1", "Deployment", "before", SHOP)
    for kind, namespace in ((PEER_AUTHENTICATION, SHOP), (PEER_AUTHENTICATION, ROOT), (DESTINATION_RULE, ROOT)):
        client.delete(*kind, "before", namespace)
    client.patch("v1", "Namespace", "unlabelled", None, {"metadata": {"labels": {"istio-injection": "enabled"}}})
    until(lambda: not client.list("v1", "Pod", SHOP), "the workload's pod does not go")
