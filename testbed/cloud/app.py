"""The whole local cloud, put together: state, services, HTTPS, proxy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from testbed.cloud.backend import Backend
from testbed.cloud.balancing.manager import Balancers
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.settings import Settings
from testbed.cloud.core.state.operations import Operations
from testbed.cloud.core.state.payloads import Payloads
from testbed.cloud.core.state.store import Store
from testbed.cloud.published.images import Images
from testbed.cloud.published.upstreams import Upstreams
from testbed.cloud.registry.distribution import Distribution
from testbed.cloud.registry.server import Registries
from testbed.cloud.repositories.server import Repositories
from testbed.cloud.resolver.health import HealthMonitor
from testbed.cloud.resolver.server import Resolver
from testbed.cloud.services import register
from testbed.cloud.services.container.worker import ClusterWorker
from testbed.cloud.web import tls
from testbed.cloud.web.proxy import Proxy
from testbed.cloud.web.server import Server

register()


@dataclass
class LocalCloud:
    """A running local cloud; port 0 takes a free port.

    `folder` holds ca.pem, token and state/; charts/ beside it is what upstreams publish.
    """

    folder: Path
    backend: Backend
    settings: Settings = field(default_factory=Settings)
    host: str = "127.0.0.1"
    port: int = 18443
    proxy_port: int = 18444
    dns_port: int = 18053
    clock: Callable[[], float] = time.time

    async def start(self) -> None:
        """Serve; operations that were in flight go on."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        hosts = [self.host, *filter(None, [self.backend.gateway()])]
        context = tls.ensure(self.folder, hosts)
        self.token = tls.ensure_token(self.folder / "token")
        self.store = Store(self.folder / "state" / "cloud.db")
        settings = self.settings.updated(self.store.settings())
        payloads = Payloads(self.folder / "state" / "secrets")
        self.cloud = Cloud(
            self.store,
            Operations(self.store, self.clock),
            settings,
            self.clock,
            payloads,
            self.backend.addresses,
            self.token,
            self.backend.issuer,
            authority=(self.folder / "ca.pem").read_text(encoding="ascii"),
        )
        self.worker = ClusterWorker(self.cloud, self.backend)
        self.worker.resume()
        self.distribution = Distribution(self.folder / "state" / "registry")
        published = self.folder.parent / "charts"
        registries = Registries(self.cloud, self.distribution, Images(published / "images.json"))
        repositories = Repositories(self.folder / "state" / "git", self.token)
        self.server = Server(self.cloud, {self.token}, Upstreams(published), registries, repositories)
        self.port = await self.server.start(hosts, self.port, context)
        self.cloud.inward = f"https://{hosts[-1]}:{self.port}/{{service}}"
        self.monitor = HealthMonitor(self.cloud)
        self.monitor.start()
        self.server.admin.add("GET", "health", lambda *_: self.monitor.show())
        self.resolver = Resolver(self.cloud, self.monitor)
        self.dns_port = await self.resolver.start(hosts, self.dns_port)
        self.cloud.name_server = f"{hosts[-1]}:{self.dns_port}"
        self.balancers = Balancers(self.cloud, self.backend, self.folder / "load-balancers")
        self.balancers.start()
        self.proxy = Proxy((self.host, self.port))
        self.proxy_port = await self.proxy.start(self.host, self.proxy_port)

    async def stop(self) -> None:
        """Stop serving; the state stays."""
        await self.proxy.stop()
        await self.resolver.stop()
        await self.monitor.stop()
        await self.balancers.stop()
        await self.server.stop()
        await self.distribution.stop()
        await self.worker.stop()
        self.store.close()

    @property
    def endpoint(self) -> str:
        """The endpoint template for clients: replace `{service}`."""
        return f"https://{self.host}:{self.port}/{{service}}"
