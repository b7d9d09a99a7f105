"""Who gets through a cluster's DNS endpoint: pure, over the cluster as it is kept.

https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation ; container.v1.json, DNSEndpointConfig.
Authorized networks do not apply to this endpoint: what protects it is IAM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

DOMAIN = ".gke.goog"
CONNECT = "container.clusters.connect"
# https://cloud.google.com/kubernetes-engine/docs/reference/iam: predefined roles that carry the permission
ROLES = frozenset(
    {"roles/container.admin", "roles/container.clusterAdmin", "roles/container.developer", "roles/container.viewer",
     "roles/owner", "roles/editor", "roles/viewer"}
)  # fmt: skip

Credential = Literal["owner", "workload", "kubernetes", "none", "unknown"]


@dataclass(frozen=True)
class Refusal:
    """An answer instead of the API server's: Google's own page (`page`), or an error object."""

    status: int
    message: str
    page: bool = False


def is_cluster_name(host: str) -> bool:
    """Whether a request's host names a cluster's DNS endpoint."""
    return host.partition(":")[0].endswith(DOMAIN)


def decide(cluster: Mapping[str, Any], credential: Credential, connects: Callable[[], bool]) -> Refusal | None:
    """Why a request does not get through, None for one that does.

    `credential` is what the bearer token is: the local cloud's own (owner), a workload's access token, a token that
    the cluster itself signed (kubernetes), none, or nothing known. `connects` says whether IAM lets a workload in.
    """
    config = (cluster.get("controlPlaneEndpointsConfig") or {}).get("dnsEndpointConfig") or {}
    if not config.get("allowExternalTraffic"):
        return Refusal(403, "Your client does not have permission to get this URL from this server.", page=True)
    if credential == "kubernetes" and config.get("enableK8sTokensViaDns"):
        return None
    if credential in ("none", "unknown", "kubernetes"):
        return Refusal(401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")
    if credential == "workload" and not connects():
        return Refusal(403, f"Permission '{CONNECT}' denied on the cluster (or it may not exist).")
    return None
