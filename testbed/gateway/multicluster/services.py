"""The controller of a fleet's multi-cluster Services: definitions, imports, and what exports say of themselves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from testbed.gateway import definitions
from testbed.gateway.kubernetes import MERGE, path_of
from testbed.gateway.model import Object
from testbed.gateway.multicluster import exports
from testbed.gateway.multicluster.members import Member

log = logging.getLogger(__name__)
SECONDS = 1.0


@dataclass
class Services:
    """``ready`` says whether what was exported at a time (RFC 3339) is known everywhere by now."""

    members: Sequence[Member]
    ready: Callable[[str], bool]

    async def run(self) -> None:
        """Follow the fleet until cancelled."""
        async with contextlib.AsyncExitStack() as stack:
            for member in self.members:
                await stack.enter_async_context(member.api)
            await asyncio.gather(*(member.api.install(definitions.of_services()) for member in self.members))
            while True:
                try:
                    await self.reconcile()
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    log.warning("multi-cluster services: %s", error)
                await asyncio.sleep(SECONDS)

    async def reconcile(self) -> None:
        """Once over all clusters; one that does not answer is left as it is, and its exports stay."""
        seen = {member.name: await member.look() for member in self.members}
        found = exports.imports(seen, self.ready)
        for member in self.members:
            with contextlib.suppress(aiohttp.ClientConnectionError, TimeoutError):
                await self._keep(member, found)

    async def _keep(self, member: Member, found: dict[exports.Name, Object]) -> None:
        snapshot = member.last
        for obj in exports.wanted(found, snapshot).values():
            if exports.differs(obj, snapshot):
                await member.api.apply({part: obj[part] for part in obj if part != "status"})
                await member.api.request("PATCH", f"{path_of(obj)}/status", {"status": obj["status"]}, MERGE)
        for obj in exports.stale(found, snapshot):
            await member.api.request("DELETE", path_of(obj))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for export in snapshot.all("ServiceExport"):
            name = (export["metadata"]["namespace"], export["metadata"]["name"])
            wanted = exports.export_status(export, snapshot, name in found, now)
            if wanted["conditions"] != (export.get("status") or {}).get("conditions"):
                await member.api.patch(f"{path_of(export)}/status", {"status": wanted})
