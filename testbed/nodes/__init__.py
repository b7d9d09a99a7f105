"""Real Kubernetes clusters on this machine: kind's nodes, Cilium's network, addresses that the host reaches."""

from __future__ import annotations

from testbed.nodes.clusters import ClusterInfo, Clusters

__all__ = ["ClusterInfo", "Clusters"]
