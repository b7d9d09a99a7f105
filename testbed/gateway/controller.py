"""A cluster's or a fleet's Gateway controller: follow objects, keep load balancers, write back what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import aiohttp

from testbed.gateway import definitions, status
from testbed.gateway.kubernetes import ClusterApi, path_of
from testbed.gateway.model import LoadBalancer, Object, Project
from testbed.gateway.multicluster.members import Member
from testbed.gateway.translation.snapshot import CLASSES, FLEET_CLASSES, Snapshot
from testbed.gateway.translation.translate import Translation, translate

log = logging.getLogger(__name__)
SETTLE_SECONDS = 0.3
# Until the next look without a change in the cluster: the project changes too. Sooner while a Gateway is refused.
RESYNC_SECONDS, REFUSED_SECONDS = 60.0, 5.0
POLICIES = ("GCPBackendPolicy", "HealthCheckPolicy", "GCPGatewayPolicy")
Rules = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Share:
    """What one controller has in its place's fleet. ``pods`` maps ranges to their node's address."""

    balancers: tuple[LoadBalancer, ...]
    policies: Mapping[str, Rules]
    pods: Mapping[str, str]
    nodes: tuple[str, ...]


def everything() -> list[Object]:
    """What GKE puts into a cluster with a Gateway API channel."""
    return [*definitions.definitions(), *definitions.classes()]


class World(Protocol):
    """What is around the cluster."""

    def project(self) -> Project:
        """The project as it is now."""

    def rules(self, policy: str) -> Rules:
        """The rules of a security policy of the region."""

    def delay(self) -> float:
        """Seconds until a new load balancer is programmed."""

    async def serve(self, share: Share) -> None:
        """Have the region's fleet serve what this cluster has."""

    async def record(self, translations: Sequence[Translation]) -> Mapping[tuple[str, str], Mapping[str, list[str]]]:
        """Keep the compute resources of these Gateways and remove all others of the cluster.

        Returns their paths by Gateway and annotation. A translation that compute refuses gets its error.
        """


@dataclass
class Controller:
    """The Gateways of one cluster; of a fleet's config cluster with ``members``, which have the endpoints."""

    api: ClusterApi
    world: World
    members: Sequence[Member] = ()
    installs: Callable[[], Iterable[Object]] = everything
    clock: Callable[[], float] = time.time
    valid_since: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        async with contextlib.AsyncExitStack() as stack:
            apis = [self.api, *(member.api for member in self.members if member.api is not self.api)]
            for api in apis:
                await stack.enter_async_context(api)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            await self.api.install(await asyncio.to_thread(self.installs))
            for api in apis:
                api.changed = self.api.changed
                for path in api.paths.values():
                    group.create_task(api.watch(path))
            again = RESYNC_SECONDS
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.api.changed.wait(), again)
                await asyncio.sleep(SETTLE_SECONDS)
                self.api.changed.clear()
                try:
                    again = await self.reconcile()
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    log.warning("%s: %s", self.api.endpoint, error)
                    again = 2.0

    async def reconcile(self) -> float:
        """Once over everything; seconds until it is worth another look by itself."""
        members = tuple([(member.region, await member.look()) for member in self.members])
        snapshot = replace(await self.api.snapshot(), members=members)
        project = self.world.project()
        own = snapshot.gateways(FLEET_CLASSES if self.members else CLASSES)
        leaving = [obj for obj in own if obj["metadata"].get("deletionTimestamp")]
        staying = [obj for obj in own if obj not in leaving]
        made = [translate(obj, snapshot, project) for obj in staying]
        resources = await self.world.record(made)
        await self.world.serve(await self._share(made))
        waits = [await self._report(translation, resources) for translation in made]
        await self._report_routes(snapshot, made)
        await self._report_policies(snapshot)
        for obj in leaving:
            kept = [name for name in obj["metadata"].get("finalizers") or () if name != status.FINALIZER]
            await self.api.patch(path_of(obj), {"metadata": {"finalizers": kept}})
        refused = REFUSED_SECONDS if any(item.error for item in made) else RESYNC_SECONDS
        return min([wait for wait in waits if wait > 0] + [refused])

    async def _share(self, made: Sequence[Translation]) -> Share:
        balancers = tuple(item.balancer for item in made if item.balancer is not None and item.balancer.address)
        used = {backend.security_policy for item in balancers for backend in item.backends.values()} - {""}
        clusters: Sequence[Member | ClusterApi] = self.members or (self.api,)
        nodes = [node for cluster in clusters for node in await cluster.nodes()] if balancers else []
        return Share(
            balancers,
            {name: self.world.rules(name) for name in used},
            {node["spec"]["podCIDR"]: _address(node) for node in nodes},
            tuple(node["metadata"]["name"] for node in nodes),
        )

    async def _report(
        self, made: Translation, resources: Mapping[tuple[str, str], Mapping[str, list[str]]]
    ) -> float:  # fmt: skip
        """Write a Gateway's status; seconds until its load balancer is programmed."""
        obj = made.gateway
        metadata = obj["metadata"]
        name = (metadata["namespace"], metadata["name"])
        wait = self._until_programmed(metadata["uid"], made)
        wanted = status.gateway(made, live=made.error is None and wait <= 0, now=self._now())
        changes: Object = {}
        if status.FINALIZER not in (metadata.get("finalizers") or ()):
            changes["finalizers"] = [*(metadata.get("finalizers") or ()), status.FINALIZER]
        if made.balancer is not None and wait <= 0:
            notes = status.written(made.balancer, resources.get(name, {}))
            if any((metadata.get("annotations") or {}).get(key) != value for key, value in notes.items()):
                changes["annotations"] = {**notes, "networking.gke.io/last-reconcile-time": self._now()}
        if changes:
            await self.api.patch(path_of(obj), {"metadata": changes})
        if wanted != obj.get("status"):
            await self.api.patch(f"{path_of(obj)}/status", {"status": wanted})
        await self._say(obj, made, programmed=wait <= 0)
        return wait if made.error is None else 0.0

    def _until_programmed(self, uid: str, made: Translation) -> float:
        if made.error is not None:
            self.valid_since.pop(uid, None)
            return 0.0
        conditions = (made.gateway.get("status") or {}).get("conditions") or ()
        if any(entry["type"] == "Programmed" and entry["status"] == "True" for entry in conditions):
            return 0.0
        since = self.valid_since.setdefault(uid, self.clock())
        return since + self.world.delay() - self.clock()

    async def _say(self, obj: Object, made: Translation, *, programmed: bool) -> None:
        """The events ADD and SYNC, each once for what it says."""
        metadata = obj["metadata"]
        name = f"{metadata['namespace']}/{metadata['name']}"
        uid = metadata["uid"]
        if uid not in self.said:
            await self.api.post_event(status.event(self._source, obj, "Normal", "ADD", name, self._now()))
            self.said[uid] = ""
        text = f"failed to translate Gateway {name!r}: {made.error}" if made.error else ""
        if not made.error and programmed:
            text = f"SYNC on {name} was a success"
        if text and self.said[uid] != text:
            kind = "Warning" if made.error else "Normal"
            await self.api.post_event(status.event(self._source, obj, kind, "SYNC", text, self._now()))
            self.said[uid] = text

    async def _report_routes(self, snapshot: Snapshot, made: Sequence[Translation]) -> None:
        others = snapshot.gateways(CLASSES if self.members else FLEET_CLASSES)
        for obj in snapshot.all("HTTPRoute"):
            wanted = status.route(obj, made, others, self._now())
            if wanted["parents"] != ((obj.get("status") or {}).get("parents") or []):
                await self.api.patch(f"{path_of(obj)}/status", {"status": wanted})

    async def _report_policies(self, snapshot: Snapshot) -> None:
        for kind in POLICIES:
            target = "Gateway" if kind == "GCPGatewayPolicy" else "ServiceImport" if self.members else "Service"
            for obj in snapshot.all(kind):
                ref = (obj.get("spec") or {}).get("targetRef") or {}
                if ref.get("kind") != target or snapshot.get(target, obj["metadata"]["namespace"], ref["name"]) is None:
                    continue
                first = snapshot.policies(kind, target, obj["metadata"]["namespace"], ref["name"])[0]
                attached = first["metadata"]["uid"] == obj["metadata"]["uid"]
                message = "" if attached else f"{kind} {first['metadata']['name']} targets the same {target}"
                wanted = status.policy(obj, attached, message, self._now())
                if wanted["conditions"] != ((obj.get("status") or {}).get("conditions") or []):
                    await self.api.patch(f"{path_of(obj)}/status", {"status": copy.deepcopy(wanted)})

    @property
    def _source(self) -> str:
        return status.FLEET_SOURCE if self.members else status.SOURCE

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _address(node: Object) -> str:
    return str(next(entry["address"] for entry in node["status"]["addresses"] if entry["type"] == "InternalIP"))
