"""Clusters that exist only as an answer: for tests of the cloud itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from testbed.cloud.backend import ClusterEndpoint, ClusterRequest, Issuer
from testbed.cloud.web.tls import authority

if TYPE_CHECKING:
    from testbed.gateway.fleet.place import Place

VERSION = "1.34.4-gke.1000000"


@cache
def _ca() -> str:
    return authority("kubernetes")[0].public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class MemoryBackend:
    """Takes `delay` seconds a cluster, and until `released`; names in `broken` fail to start.

    `issuers` sign the clusters' tokens.
    """

    delay: float = 0.2
    broken: set[str] = field(default_factory=set)
    clusters: dict[str, ClusterEndpoint] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    issuers: dict[str, Issuer] = field(default_factory=dict)
    inward: str = ""
    requests: dict[str, ClusterRequest] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.released.set()

    def create(self, request: ClusterRequest) -> ClusterEndpoint:
        """Remember the cluster after `delay`."""
        self.calls.append(("create", request.name))
        self.requests[request.name] = request
        time.sleep(self.delay)
        self.released.wait(60)
        if request.name in self.broken:
            raise RuntimeError(f"cluster {request.name}: the control plane did not become healthy")
        address = f"198.51.100.{10 + len(self.clusters)}:6443"
        return self.clusters.setdefault(request.name, ClusterEndpoint(address, _ca(), VERSION))

    def configure(self, name: str, secret_manager: dict[str, str]) -> None:
        """Remember the add-on's settings."""
        self.calls.append(("configure", name))
        time.sleep(self.delay)
        if name in self.broken:
            raise RuntimeError(f"cluster {name}: the add-on could not be changed")
        known = self.requests.get(name, ClusterRequest(name, "", 0, None))
        self.requests[name] = replace(known, secret_manager=secret_manager)

    def delete(self, name: str) -> None:
        """Forget the cluster."""
        self.calls.append(("delete", name))
        time.sleep(self.delay)
        self.clusters.pop(name, None)

    def get(self, name: str) -> ClusterEndpoint | None:
        """The remembered cluster."""
        return self.clusters.get(name)

    def addresses(self, region: str) -> list[str]:
        """None is real."""
        return []

    def issuer(self, name: str) -> Issuer | None:
        """Whom the test put in."""
        return self.issuers.get(name)

    def programs(self) -> None:
        """No load balancer reaches clusters that are an answer."""

    def admit(self, place: Place, nodes: Sequence[str]) -> None:
        """There are no nodes."""

    def gateway(self) -> str:
        """Where the test wants it."""
        return self.inward
