"""One request as handlers see it, and the cloud that they act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from testbed.cloud.backend import Issuer
from testbed.cloud.core.protocol.discovery import Method, Service
from testbed.cloud.core.protocol.schema import Checker
from testbed.cloud.core.settings import Settings
from testbed.cloud.core.state.identity import Grants, Workload
from testbed.cloud.core.state.operations import Operations
from testbed.cloud.core.state.payloads import Payloads
from testbed.cloud.core.state.store import Store

Body = dict[str, Any]
Result = Body | None | Awaitable[Body]
Handler = Callable[["Call"], Result]


@dataclass
class Cloud:
    """The state that all services share."""

    store: Store
    operations: Operations
    settings: Settings
    clock: Callable[[], float]
    payloads: Payloads
    # External addresses of a region that something on this machine can really answer on, best first.
    reachable: Callable[[str], list[str]] = lambda _region: []
    # The one access token: people and service accounts who prove who they are get this one, because the clusters' API
    # servers take it too.
    token: str = ""
    # Who signs the service accounts' tokens of a cluster; None when it does not run. Blocks.
    issuer: Callable[[str], Issuer | None] = lambda _cluster: None
    grants: Grants = field(default_factory=Grants)
    # How the clusters' nodes reach this server: the template of its endpoints, and its authority (PEM).
    inward: str = ""
    authority: str = ""
    # How they reach its name server: ``address:port``.
    name_server: str = ""
    # How often resources were read that are not known everywhere yet.
    reads: Counter[str] = field(default_factory=Counter)
    # Services register themselves here: background work that must be picked up again at start.
    workers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Call:
    """One checked request: `body` fits the schema, `query` is typed, `path` holds the path parameters."""

    cloud: Cloud
    service: Service
    method: Method
    checker: Checker
    path: dict[str, str]
    query: dict[str, Any]
    body: Body
    user: str = "tester@pingpong.local"
    # Whoever asks with a token of its own; None is the one who runs the local cloud, and may do everything.
    workload: Workload | None = None

    @property
    def store(self) -> Store:
        """The state."""
        return self.cloud.store

    @property
    def operations(self) -> Operations:
        """The operations."""
        return self.cloud.operations

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.cloud.clock()

    @property
    def project(self) -> str | None:
        """The project that the request is about, from whichever path parameter names it."""
        for name in ("project", "projectId", "projectsId"):
            if name in self.path:
                return self.path[name].removeprefix("projects/")
        for value in self.path.values():
            if value.startswith("projects/"):
                return value.split("/")[1]
        if self.service.name == "cloudresourcemanager":
            return self.path.get("resource")
        project = self.query.get("project")
        return str(project) if project else None


class Registry:
    """Which function serves which API method."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}

    def __call__(self, *methods: str) -> Callable[[Handler], Handler]:
        """Decorate a handler with the method ids that it serves."""

        def register(handler: Handler) -> Handler:
            for method in methods:
                self.add(method, handler)
            return handler

        return register

    def add(self, method: str, handler: Handler) -> None:
        """Serve one method; two handlers for one are a mistake."""
        if method in self.handlers:
            raise ValueError(f"{method} is already served")
        self.handlers[method] = handler


serves = Registry()
# What every request passes before its handler; each raises ApiError.
guards: list[Callable[[Call], None]] = []
