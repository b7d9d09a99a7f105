"""A Gateway controller for each cluster that has asked for Gateway API, those of fleets, and load balancers a place."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.cloud.backend import Backend
from testbed.cloud.balancing import fleets
from testbed.cloud.balancing.multicluster import Multicluster
from testbed.cloud.balancing.world import ClusterWorld, place_of, proxy_range
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.store import Resource
from testbed.gateway.controller import Controller, Share
from testbed.gateway.fleet import place
from testbed.gateway.fleet.fleet import Fleet, Programs
from testbed.gateway.kubernetes import ClusterApi

log = logging.getLogger(__name__)
LOOK_AROUND = 1.0
KEEP_SECONDS = 0.5
Region = tuple[str, str, str]


@dataclass
class Balancers:
    """``folder`` holds the fleets' files. A backend without a data plane has no load balancers."""

    cloud: Cloud
    backend: Backend
    folder: Path
    controllers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    fleets: dict[Region, Fleet] = field(default_factory=dict)
    shares: dict[Region, dict[str, Share]] = field(default_factory=dict)
    multicluster: Multicluster = field(init=False)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.multicluster = Multicluster(self.cloud, self._api, self._offer)

    def start(self) -> None:
        """Follow the clusters and keep the fleets running."""
        if self.backend.programs() is not None:
            loop = asyncio.get_running_loop()
            self.tasks = [loop.create_task(self._follow()), loop.create_task(self._keep())]

    async def stop(self) -> None:
        """End controllers and fleets."""
        tasks = [*self.tasks, *self.controllers.values(), *self.multicluster.stop()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for fleet in self.fleets.values():
            await fleet.stop()

    async def _follow(self) -> None:
        # Of a server that was killed: its processes ended with it.
        await asyncio.to_thread(place.remove_all)
        while True:
            try:
                await self._look()
            except Exception:
                log.exception("load balancers")
            await asyncio.sleep(LOOK_AROUND)

    async def _look(self) -> None:
        wanted = {item.key: item for item in self.cloud.store.of_kind("container.cluster") if _asks(item)}
        for key in set(self.controllers) - set(wanted):
            self.controllers.pop(key).cancel()
            for shares in self.shares.values():
                shares.pop(key, None)
        for key, cluster in wanted.items():
            task = self.controllers.get(key)
            if task is None or task.done():
                if task is not None and not task.cancelled() and task.exception() is not None:
                    log.error("%s", key, exc_info=task.exception())
                api = await self._api(cluster)
                if api is not None:
                    world = ClusterWorld(self.cloud, cluster, self._offer(place_of(cluster), cluster.key))
                    self.controllers[key] = asyncio.get_running_loop().create_task(Controller(api, world).run())
        await self.multicluster.look(wanted)

    async def _api(self, cluster: Resource) -> ClusterApi | None:
        """The way into a cluster, once there is one."""
        found = await asyncio.to_thread(self.backend.get, cluster.name)
        if found is None or not found.endpoint:
            return None
        return ClusterApi(found.endpoint, found.ca_certificate, self.cloud.token)

    def _offer(self, region: Region, key: str) -> Callable[[Share], Awaitable[None]]:
        """Where a controller puts what it has in a place."""

        async def offer(share: Share) -> None:
            self.shares.setdefault(region, {})[key] = share
            await self._serve(region)

        return offer

    async def _serve(self, region: Region) -> None:
        """Bring a region's fleet up to date with what its clusters have."""
        async with self.lock:
            shares = list(self.shares[region].values())
            if region not in self.fleets and not any(share.balancers for share in shares):
                return
            fleet = await self._fleet(region)
            if fleet is None:
                return
            balancers = [balancer for share in shares for balancer in share.balancers]
            pods = {text: node for share in shares for text, node in share.pods.items()}
            nodes = [node for share in shares for node in share.nodes]
            await asyncio.to_thread(self.backend.admit, fleet.place, nodes)
            await asyncio.to_thread(fleet.place.serve, [balancer.address for balancer in balancers], pods)
            fleet.serve(balancers, {name: rules for share in shares for name, rules in share.policies.items()})

    async def _fleet(self, region: Region) -> Fleet | None:
        project, name, network = region
        proxies = fleets.FRONT_ENDS if name == fleets.GLOBAL else proxy_range(self.cloud, project, name, network)
        programs = self.backend.programs()
        if region not in self.fleets and proxies and programs is not None:
            number = next(
                index for index in range(250) if index not in {item.place.number for item in self.fleets.values()}
            )
            where = place.Place(f"{name}-{number}", number, proxies)
            fleet = Fleet(where, self.folder / f"{project}-{name}-{network}", Programs(*programs))
            await fleet.start()
            self.fleets[region] = fleet
        return self.fleets.get(region)

    async def _keep(self) -> None:
        """Publish what the health checkers find, and restart what ended."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            for fleet in list(self.fleets.values()):
                with contextlib.suppress(OSError):
                    await fleet.keep()
                    fleet.publish()


def _asks(cluster: Resource) -> bool:
    body: dict[str, Any] = cluster.body
    channel = ((body.get("networkConfig") or {}).get("gatewayApiConfig") or {}).get("channel")
    return body["status"] in ("RUNNING", "RECONCILING") and channel in ("CHANNEL_STANDARD", "CHANNEL_EXPERIMENTAL")
