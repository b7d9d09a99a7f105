"""Ranges for pods and services: those that a request names, and those that GKE chooses and adds to the subnetwork.

container.v1.json, IPAllocationPolicy: a block may be blank (a range of the default size is chosen), `/20` (one of that
size) or a range. What GKE makes is a secondary range of the subnetwork, and goes with the cluster.
"""

from __future__ import annotations

import ipaddress
import secrets

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.container import state

# Where GKE looks for room: https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips
POOL = ipaddress.IPv4Network("10.0.0.0/8")
FIRST = "10.100.0.0/14"
SIZES = {"cluster": 14, "services": 20}
# Of Google's own, for whoever names no range: https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips#managed
SERVICES = "34.118.224.0/20"
WORDS = {"cluster": "pods", "services": "services"}


def chosen(call: Call, body: Body, subnetwork: Resource, kind: str) -> tuple[str, str]:
    """The range of one `kind` (cluster or services) that no name was given for, and the name that it gets."""
    policy = body["ipAllocationPolicy"]
    asked = str(policy.get(f"{kind}Ipv4CidrBlock") or "")
    if kind == "services" and not asked:
        return SERVICES, ""
    made = f"gke-{body['name']}-{WORDS[kind]}-{secrets.token_hex(4)}"
    if asked and not asked.startswith("/"):
        return asked, made
    size = int(asked[1:]) if asked[1:].isdigit() else SIZES[kind]
    if not 9 <= size <= 30:
        raise invalid(f"{kind}_ipv4_cidr_block: the netmask {asked} must be between /9 and /30.")
    return _free(call, subnetwork.body["network"], body, size), made


def _free(call: Call, network: str, body: Body, size: int) -> str:
    taken = [ipaddress.IPv4Network(text) for text in _taken(call, network, body)]
    preferred = ipaddress.IPv4Network(FIRST)
    candidates = [preferred] if size == preferred.prefixlen else []
    for candidate in (*candidates, *POOL.subnets(new_prefix=size)):
        if not any(candidate.overlaps(other) for other in taken):
            return str(candidate)
    raise invalid(f"No free range of size /{size} in {POOL} on the network.")


def _taken(call: Call, network: str, body: Body) -> list[str]:
    found = []
    for item in call.store.of_kind("compute.subnetworks"):
        if item.body["network"] == network:
            found += [item.body["ipCidrRange"], *(r["ipCidrRange"] for r in item.body.get("secondaryIpRanges", []))]
    own = body.get("ipAllocationPolicy") or {}
    return [*found, *(str(own[name]) for name in ("clusterIpv4Cidr", "servicesIpv4Cidr") if own.get(name))]


def add(call: Call, subnetwork: Resource, made: dict[str, str]) -> None:
    """Give the subnetwork the ranges that were made for a cluster."""
    if made:
        new = [{"rangeName": name, "ipCidrRange": text} for name, text in made.items()]
        subnetwork.body["secondaryIpRanges"] = [*subnetwork.body.get("secondaryIpRanges", []), *new]
        call.store.put(subnetwork)


def without(subnetwork: Resource, cluster: Resource) -> Resource | None:
    """The subnetwork when the ranges that were made for a cluster are gone; None when there were none."""
    made = cluster.meta.get("ranges") or []
    if not made:
        return None
    left = [item for item in subnetwork.body.get("secondaryIpRanges", []) if item["rangeName"] not in made]
    body = {name: value for name, value in subnetwork.body.items() if name != "secondaryIpRanges"}
    return Resource(subnetwork.key, subnetwork.kind, {**body, **({"secondaryIpRanges": left} if left else {})},
                    subnetwork.meta)  # fmt: skip


def key_of(cluster: Body) -> str:
    """The store key of the subnetwork that a cluster is in."""
    return next(key for key in state.references(cluster) if "/subnetworks/" in key)
