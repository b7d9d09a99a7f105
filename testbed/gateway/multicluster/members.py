"""The clusters of a fleet, each as it last was."""

from __future__ import annotations

from dataclasses import dataclass, field

import aiohttp

from testbed.gateway.kubernetes import ClusterApi
from testbed.gateway.model import Object
from testbed.gateway.translation.snapshot import Snapshot


@dataclass
class Member:
    """A cluster of the fleet: its membership's name, ``projects/p/locations/l/memberships/m``, and its region."""

    name: str
    region: str
    api: ClusterApi
    last: Snapshot = field(default_factory=Snapshot)
    last_nodes: list[Object] = field(default_factory=list)

    async def look(self) -> Snapshot:
        """Its objects: as they were, where its API server does not answer. Load balancers outlive control planes."""
        try:
            self.last = await self.api.snapshot()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return self.last
        return self.last

    async def nodes(self) -> list[Object]:
        """Its nodes, in the same way."""
        try:
            self.last_nodes = await self.api.nodes()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return self.last_nodes
        return self.last_nodes
