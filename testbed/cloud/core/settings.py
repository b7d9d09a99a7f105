"""What can be switched on the local cloud, at start and while it runs (`PATCH /_testbed/settings`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Settings:
    """Every knob; times are seconds."""

    # How long an operation stays pending, by service; clusters take as long as their backend does.
    latency: dict[str, float] = field(
        default_factory=lambda: {"compute": 0.4, "container": 0.6, "gateway": 3.0, "default": 0.3}
    )
    # 403 SERVICE_DISABLED until the API was enabled in the project.
    strict_services: bool = True
    # Project ids that exist; None: every well-formed id.
    projects: list[str] | None = None
    # Limits of resources a project, by metric (NETWORKS, FIREWALLS, ...); empty: no quota.
    quotas: dict[str, int] = field(default_factory=dict)
    # Requests a second and project before 429; 0: no limit.
    rate_limit: float = 0.0
    # Health checks run at their interval times this factor: 0.1 makes 30 s into 3 s.
    time_factor: float = 0.1
    # How late what Google does late is: Google's usual seconds times this; 0: nothing is late. See core/lateness.py.
    lateness: float = 0.0
    # Whether clusters that ask for NodeLocal DNSCache on Dataplane V2 get one, as at Google.
    node_local_dns: bool = False
    # Whether a private control plane's address is one of its subnetwork, which nothing on this machine leads to but a
    # bastion of its network, as at Google; otherwise it is its node's own.
    private_endpoints: bool = False
    # Whether nodes have every image that is built here from the start; otherwise those alone that GKE itself would run.
    preloaded_images: bool = True
    # Whether HTTPS probes name their host in TLS (SNI). Google documents the Host header only.
    probe_server_name: bool = True
    # Which region DNS clients are in, by range; for geographical routing.
    client_regions: dict[str, str] = field(default_factory=dict)
    default_client_region: str = "europe-west1"
    # How long a stalled answer is held back.
    stall_seconds: float = 3600.0
    # The longest that operations.wait holds a request; Google's is two minutes.
    wait_seconds: float = 120.0

    def updated(self, values: Mapping[str, Any]) -> Settings:
        """A copy with `values`; raises ValueError for an unknown name or a wrong type."""
        known = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown setting {name!r}; known: {', '.join(sorted(known))}")
            current = known[name]
            if isinstance(current, bool) != isinstance(value, bool):
                raise ValueError(f"setting {name}: found {value!r}, expected {type(current).__name__}")
            if isinstance(current, float) and not isinstance(value, int | float):
                raise ValueError(f"setting {name}: found {value!r}, expected a number")
            if isinstance(current, dict) and not isinstance(value, dict):
                raise ValueError(f"setting {name}: found {value!r}, expected an object")
        merged: dict[str, Any] = {
            name: {**known[name], **value} if name == "latency" and isinstance(value, dict) else value
            for name, value in values.items()
        }
        return dataclasses.replace(self, **merged)

    def pending(self, service: str) -> float:
        """How long an operation of `service` stays pending."""
        return float(self.latency.get(service, self.latency.get("default", 0.3)))
