"""Pods a node: https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr"""

from __future__ import annotations

from testbed.cloud.core.call import Body
from testbed.cloud.core.protocol.errors import invalid


def pod_size(constraint: Body | None) -> int:
    """The prefix length of a node's own range, in which a pod has at least two addresses.

    Raises 400 for a number of pods that no node may have.
    """
    most = int((constraint or {}).get("maxPodsPerNode") or 110)
    if not 8 <= most <= 256:
        raise invalid(f"max_pods_per_node must be between 8 and 256, found {most}.")
    return 32 - (2 * most - 1).bit_length()
