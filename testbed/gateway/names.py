"""The names that GKE's controllers give to what they make in the project. Pure.

Sources: captured names of live load balancers (``gkegw1-<hash>-<namespace>-<object>[-<port>]-<hash>``; a fleet's are
``gkemcg1-<namespace>-<object>[-<port>]-<hash>``, and its rule ``gkemcg1-l7-<network>-global``), and
kubernetes/ingress-gce ``pkg/utils/namer/namer.go`` for network endpoint groups (``k8s1-<uid>-…``).
"""

from __future__ import annotations

import hashlib

LIMIT = 63
PREFIX, FLEET = "gkegw1", "gkemcg1"
SERVE_404 = "gw-serve404"


def cluster_hash(cluster: str) -> str:
    """Four characters that tell one cluster's resources from another's; ``cluster`` is its unique identifier."""
    return _digest(cluster, 4)


def stem(cluster: str) -> str:
    """How the names of a cluster's load balancers begin; of a fleet's for no cluster."""
    return f"{PREFIX}-{cluster_hash(cluster)}" if cluster else FLEET


def groups(cluster: str) -> str:
    """How the names of a cluster's endpoint groups begin."""
    return f"k8s1-{_digest(cluster, 8)}"


def node_hash(cluster: str) -> str:
    """What the network tag of a cluster's nodes has after the cluster's name."""
    return _digest(cluster, 8)


def resource(cluster: str, namespace: str, name: str, port: int | None = None, part: str = "") -> str:
    """The name of what a Gateway (without a port) or a Service's port gets in the project, at most 63 characters.

    ``part`` tells the resources of one Gateway apart, and shows in the last characters alone.
    """
    ending = f"-{port}" if port is not None else ""
    unique = _digest(f"{cluster}/{namespace}/{name}{ending}/{part}", 12)
    fixed = len(f"{stem(cluster)}-") + len(f"-{ending}-{unique}")
    space, object_name = trimmed((namespace, name), LIMIT - fixed)
    return f"{stem(cluster)}-{space}-{object_name}{ending}-{unique}"


def endpoint_group(cluster: str, namespace: str, service: str, port: int) -> str:
    """The network endpoint group of a Service's port, the same in every zone."""
    unique = _digest(f"{cluster};{namespace};{service};{port}", 8)
    fixed = len(f"{groups(cluster)}-") + len(f"-{port}-{unique}") + 1
    space, name = trimmed((namespace, service), LIMIT - fixed)
    return f"{groups(cluster)}-{space}-{name}-{port}-{unique}"


def firewall(cluster: str, network: str, place: str) -> str:
    """The rule that admits the load balancers of a place to the nodes, and their health checks."""
    return f"{stem(cluster)}-l7-{network}-{place}"[:LIMIT].rstrip("-")


def trimmed(parts: tuple[str, ...], room: int) -> list[str]:
    """The parts cut evenly until they fit into ``room`` characters together."""
    lengths = [len(part) for part in parts]
    while sum(lengths) > room:
        lengths[lengths.index(max(lengths))] -= 1
    return [part[:length].rstrip("-") for part, length in zip(parts, lengths, strict=True)]


def _digest(text: str, characters: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:characters]
