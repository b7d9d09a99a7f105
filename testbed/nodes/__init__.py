"""Real Kubernetes clusters on this machine.

clusters (create, find, delete) → bringup (step by step, each only what is missing) → runtime (docker or podman)
image     the node image                      kind      kind's configuration, and kubectl
network   addresses, Cilium, routes between clusters
registry  where a cluster's images come from  addons    what GKE has in a cluster and kind has not
record    what is remembered of a cluster ; prepare and teardown are about the machine

`testbed.cloud.backend.kind` calls :class:`Clusters`; nothing else does but `python -m testbed`.
"""

from __future__ import annotations

from testbed.nodes.clusters import ClusterInfo, Clusters

__all__ = ["ClusterInfo", "Clusters"]
