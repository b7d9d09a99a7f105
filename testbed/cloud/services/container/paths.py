"""Names of clusters and their parts: in keys, in links, and as GKE answers them."""

from __future__ import annotations

from testbed.cloud.core.regions import ZONES

BASE = "https://container.googleapis.com/v1/"


def location_of(path: str) -> str:
    """`projects/p/locations/l` of a cluster's path."""
    return "/".join(path.split("/")[:4])


def cluster_key(key: str) -> str:
    """The key of the cluster that a cluster's or node pool's key belongs to."""
    return key.partition("/nodePools/")[0]


def shown(path: str) -> str:
    """A path as GKE answers it: what is in a zone is in `zones`, whichever way it was asked for."""
    parts = path.split("/")
    if parts[3] in ZONES:
        parts[2] = "zones"
    return "/".join(parts)
