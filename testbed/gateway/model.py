"""A load balancer as the controller makes it of a Gateway: what Envoy serves and what compute shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
# https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
HEALTH_CHECKERS = ("130.211.0.0/22", "35.191.0.0/16")


class TranslationError(Exception):
    """Why a Gateway or a route can't be served; ``code`` is Google's, ``reason`` that of the condition."""

    def __init__(self, code: str, message: str, reason: str = "Invalid") -> None:
        super().__init__(f"error {code}: {message}" if code else message)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class HealthCheck:
    """How endpoints are probed; times in seconds. ``port`` 0 is the serving port."""

    type: str
    port: int = 0
    path: str = "/"
    host: str = ""
    interval: int = 5
    timeout: int = 5
    healthy: int = 2
    unhealthy: int = 2


@dataclass(frozen=True)
class BackendTls:
    """What a BackendTLSPolicy asks of the connection to a backend. ``authority`` is PEM, empty for the system's."""

    server_name: str
    subject_names: tuple[str, ...]
    authority: str


Endpoints = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Backend:
    """One port of a Service: ``endpoints`` are the addresses and ports of its pods that are ready.

    ``tiers`` has those of a multi-cluster Service by region, the closest first; a Service of one cluster has none.
    """

    namespace: str
    service: str
    port: int
    protocol: str
    endpoints: Endpoints
    health: HealthCheck
    tls: BackendTls | None = None
    security_policy: str = ""
    timeout: int = 30
    tiers: tuple[tuple[str, Endpoints], ...] = ()

    @property
    def key(self) -> str:
        """The backend's name within its cluster."""
        return f"{self.namespace}/{self.service}/{self.port}"


@dataclass(frozen=True)
class Redirect:
    """An HTTP redirect; empty fields keep what the request has."""

    scheme: str = ""
    hostname: str = ""
    code: int = 302


@dataclass(frozen=True)
class Match:
    """``kind`` is Exact or PathPrefix; ``headers`` are pairs of name and exact value."""

    kind: str = "PathPrefix"
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule of a route: where what matches goes. ``weights`` are pairs of a backend's key and its share.

    ``cache`` is Cloud CDN's mode, such as USE_ORIGIN_HEADERS; empty for no cache.
    """

    matches: tuple[Match, ...]
    weights: tuple[tuple[str, int], ...] = ()
    redirect: Redirect | None = None
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    cache: str = ""


@dataclass(frozen=True)
class Route:
    """An HTTPRoute as bound to a listener."""

    namespace: str
    name: str
    hostnames: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Certificate:
    """A TLS Secret: ``chain`` and ``key`` are PEM."""

    namespace: str
    name: str
    chain: str = field(repr=False)
    key: str = field(repr=False)


@dataclass(frozen=True)
class Listener:
    """All listeners of a Gateway on one port: compute has one target proxy for them."""

    port: int
    certificates: tuple[Certificate, ...]
    routes: tuple[Route, ...]

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS."""
        return bool(self.certificates)


@dataclass(frozen=True)
class LoadBalancer:
    """What one Gateway becomes.

    ``address_name`` is a reserved address's, empty for one of the controller's own. ``min_tls`` is compute's name of
    a version, such as TLS_1_2; ``ssl_policy`` the name of the policy that asks for it, empty for none.
    """

    namespace: str
    name: str
    address: str
    address_name: str
    listeners: tuple[Listener, ...]
    backends: dict[str, Backend]
    min_tls: str = "TLS_1_0"
    ssl_policy: str = ""


@dataclass(frozen=True)
class Project:
    """What the controller knows of the project around its cluster.

    ``region`` and ``cluster`` are empty for a fleet's Gateways, which are global. ``proxy_range`` is that of the active
    proxy-only subnetwork, empty for none. ``addresses`` are the scope's reserved external addresses by name,
    ``policies`` the names of its security policies, ``ssl_policies`` the minimal versions of its SSL policies by name.
    """

    project: str
    region: str
    network: str
    cluster: str
    proxy_range: str
    addresses: dict[str, str]
    policies: frozenset[str]
    ssl_policies: dict[str, str]

    @property
    def scope(self) -> str:
        """Where the load balancers' resources are in the project."""
        return f"regions/{self.region}" if self.region else "global"
