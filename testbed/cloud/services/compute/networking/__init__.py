"""Networks, subnetworks, routers, firewalls and addresses: a file a kind, each kind's rules beside its data."""

from __future__ import annotations

from testbed.cloud.services.compute.networking import addresses, firewalls, networks, routers, subnetworks

__all__ = ["addresses", "firewalls", "networks", "routers", "subnetworks"]
