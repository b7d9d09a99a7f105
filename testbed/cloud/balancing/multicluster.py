"""The controllers of fleets' features, started and ended as the project's state says."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace

from testbed.cloud.balancing.fleets import GLOBAL, Fleet, FleetWorld, fleets
from testbed.cloud.balancing.world import place_of
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.lateness import effective, late
from testbed.cloud.core.protocol.values import moment
from testbed.cloud.core.state.store import Resource
from testbed.gateway import definitions
from testbed.gateway.controller import Controller, Share
from testbed.gateway.kubernetes import ClusterApi
from testbed.gateway.multicluster.members import Member
from testbed.gateway.multicluster.services import Services
from testbed.gateway.translation.snapshot import FLEET_PATHS

log = logging.getLogger(__name__)
Running = tuple[tuple[object, ...], asyncio.Task[None]]
Offer = Callable[[Share], Awaitable[None]]


@dataclass
class Multicluster:
    """``api`` is the way into a cluster; ``offer`` takes a place and a key, and says where to put what is there."""

    cloud: Cloud
    api: Callable[[Resource], Awaitable[ClusterApi | None]]
    offer: Callable[[tuple[str, str, str], str], Offer]
    running: dict[tuple[str, str], Running] = field(default_factory=dict)

    async def look(self, clusters: dict[str, Resource]) -> None:
        """Start and end controllers; ``clusters`` are those that run, by key."""
        wanted: dict[tuple[str, str], Fleet] = {}
        for fleet in fleets(self.cloud, clusters):
            if fleet.services:
                wanted[fleet.project, "services"] = fleet
            if fleet.gateways and fleet.config_cluster is not None:
                wanted[fleet.project, "gateways"] = fleet
        for key, (identity, task) in list(self.running.items()):
            if key not in wanted or identity != wanted[key].identity or task.done():
                if task.done() and not task.cancelled() and task.exception() is not None:
                    log.error("%s: %s", *key, exc_info=task.exception())
                task.cancel()
                del self.running[key]
        for key in set(wanted) - set(self.running):
            fleet = wanted[key]
            members = await self._members(fleet)
            if members:
                work = self._services(members) if key[1] == "services" else self._gateways(fleet, members)
                self.running[key] = fleet.identity, asyncio.get_running_loop().create_task(work)

    def stop(self) -> list[asyncio.Task[None]]:
        """What is to be ended."""
        return [task for _identity, task in self.running.values()]

    async def _members(self, fleet: Fleet) -> list[Member]:
        found = []
        for name, cluster in fleet.clusters:
            api = await self.api(cluster)
            if api is None:
                return []
            found.append(Member(name, place_of(cluster)[1], replace(api, paths=FLEET_PATHS)))
        return found

    def _services(self, members: list[Member]) -> Coroutine[None, None, None]:
        def ready(created: str) -> bool:
            return not late(self.cloud, effective(self.cloud, "fleet", moment(created)))

        return Services(members, ready).run()

    def _gateways(self, fleet: Fleet, members: list[Member]) -> Coroutine[None, None, None]:
        config = dict(fleet.clusters)[fleet.config]
        (own,) = (member for member in members if member.name == fleet.config)
        place = (fleet.project, GLOBAL, place_of(config)[2])
        others = tuple(cluster for _name, cluster in fleet.clusters)
        world = FleetWorld(self.cloud, config, self.offer(place, config.key), members=others)
        installs = functools.partial(definitions.classes, definitions.FLEET_CLASSES)
        return Controller(own.api, world, members=members, installs=installs).run()
