"""The same 20 resources as one gcp_stack task and as 20 tasks of google.cloud's modules."""

from __future__ import annotations

from typing import Any

REGION = "europe-west1"
_SUBNETS = [f"bench-{n}" for n in range(5)]
_FIREWALLS = [f"bench-{n}" for n in range(9)]
_ADDRESSES = [f"bench-{n}" for n in range(5)]


def stack(cloud: dict[str, Any]) -> list[dict[str, Any]]:
    """One task."""
    network = {"kind": "network", "name": "bench", "autoCreateSubnetworks": False}
    subnets = [
        {
            "kind": "subnetwork",
            "name": name,
            "region": REGION,
            "network": "${network/bench}",
            "ipCidrRange": f"10.9.{n}.0/24",
        }
        for n, name in enumerate(_SUBNETS)
    ]
    allowed = [{"IPProtocol": "tcp", "ports": ["443"]}]
    firewalls = [
        {
            "kind": "firewall",
            "name": name,
            "network": "${network/bench}",
            "sourceRanges": ["192.0.2.0/24"],
            "allowed": allowed,
        }
        for name in _FIREWALLS
    ]
    addresses = [{"kind": "address", "name": name, "region": REGION} for name in _ADDRESSES]
    resources = [network, *subnets, *firewalls, *addresses]
    return [{"name": "Stack", "pingpong.platform.gcp_stack": {"cloud": cloud, "resources": resources}}]


def peer(project: str, token: str) -> list[dict[str, Any]]:
    """Twenty tasks; the modules are google.cloud's own, unmodified."""
    auth = {"project": project, "auth_kind": "accesstoken", "access_token": token}
    link = {"selfLink": f"https://www.googleapis.com/compute/v1/projects/{project}/global/networks/bench"}
    tasks: list[dict[str, Any]] = [
        {"google.cloud.gcp_compute_network": {**auth, "name": "bench", "auto_create_subnetworks": False}}
    ]
    tasks += [
        {"google.cloud.gcp_compute_subnetwork":
         {**auth, "name": name, "region": REGION, "network": link, "ip_cidr_range": f"10.9.{n}.0/24"}}
        for n, name in enumerate(_SUBNETS)
    ]  # fmt: skip
    allowed = [{"ip_protocol": "tcp", "ports": ["443"]}]
    tasks += [
        {"google.cloud.gcp_compute_firewall":
         {**auth, "name": name, "network": link, "source_ranges": ["192.0.2.0/24"], "allowed": allowed}}
        for name in _FIREWALLS
    ]  # fmt: skip
    tasks += [{"google.cloud.gcp_compute_address": {**auth, "name": name, "region": REGION}} for name in _ADDRESSES]
    return [{"name": f"Task {n}", **task} for n, task in enumerate(tasks)]
