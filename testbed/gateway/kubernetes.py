"""The controller's way to one cluster's API server: lists, watches, patches, events."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from testbed.gateway.model import Object
from testbed.gateway.status import SOURCE
from testbed.gateway.translation.snapshot import FLEET_PATHS, PATHS, Snapshot

WATCH_SECONDS = 290
_CLUSTER_WIDE = {"CustomResourceDefinition": "customresourcedefinitions", "GatewayClass": "gatewayclasses"}
MERGE = "application/merge-patch+json"


@dataclass
class ClusterApi:
    """``endpoint`` is host or host:port, ``authority`` PEM, ``token`` a bearer token of an administrator.

    ``paths`` are what is listed and watched, by kind.
    """

    endpoint: str
    authority: str
    token: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    paths: Mapping[str, str] = field(default_factory=lambda: PATHS)

    async def __aenter__(self) -> ClusterApi:
        context = ssl.create_default_context(cadata=self.authority)
        self._session = aiohttp.ClientSession(
            f"https://{self.endpoint}",
            connector=aiohttp.TCPConnector(ssl=context, limit=0),
            # The API server takes the program's name for the field manager.
            headers={"Authorization": f"Bearer {self.token}", "User-Agent": SOURCE},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """One request; raises aiohttp.ClientResponseError for a status of 400 and more."""
        answer = await self._session.request(
            method, path, json=body, headers={"Content-Type": kind}, timeout=aiohttp.ClientTimeout(total=30)
        )
        async with answer:
            answer.raise_for_status()
            return await answer.json()

    async def snapshot(self) -> Snapshot:
        """Everything that is watched, as it is now; kinds that the cluster lacks have no objects.

        Without the kind Gateway, which was installed, the API server is only starting: that raises.
        """
        lists = await asyncio.gather(*(self._list(path, kind != "Gateway") for kind, path in self.paths.items()))
        found = {}
        for kind, answer in zip(self.paths, lists, strict=True):
            version = str(answer.get("apiVersion", ""))
            # Items of a list carry neither their kind nor its version.
            found[kind] = [{**item, "kind": kind, "apiVersion": version} for item in answer.get("items") or ()]
        return Snapshot(found)

    async def nodes(self) -> list[Object]:
        """The cluster's nodes."""
        return list((await self.request("GET", "/api/v1/nodes"))["items"])

    async def _list(self, path: str, optional: bool) -> Any:
        try:
            return await self.request("GET", path)
        except aiohttp.ClientResponseError as error:
            if optional and error.status == 404:
                return {}
            raise

    async def watch(self, path: str) -> None:
        """Set ``changed`` whenever something of a kind changes, for ever. What changed is listed, not read here."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                version = (await self.request("GET", path))["metadata"]["resourceVersion"]
                self.changed.set()
                query = f"watch=1&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
                joined = f"{path}{'&' if '?' in path else '?'}{query}"
                async with self._session.get(joined) as stream:
                    async for _chunk in stream.content.iter_any():
                        self.changed.set()
            # Also where the cluster lacks the kind: it may come.
            await asyncio.sleep(2)

    async def patch(self, path: str, body: Object) -> None:
        """A JSON merge patch, by the name of GKE's controller; an object that is gone is no error."""
        with contextlib.suppress(aiohttp.ClientResponseError):
            await self.request("PATCH", f"{path}?fieldManager=GoogleGKEGatewayController", body, MERGE)

    async def apply(self, obj: Object) -> None:
        """Server-side apply of an object in a namespace, by the name of GKE's controller of multi-cluster Services."""
        path = f"{path_of(obj)}?fieldManager=gke-mcs-controller.gke.io&force=true"
        await self.request("PATCH", path, obj, "application/apply-patch+yaml")

    async def install(self, objects: Iterable[Object]) -> None:
        """Server-side apply of objects without a namespace; tried again while the server is not ready for one."""
        for obj in objects:
            group, kind = obj["apiVersion"], obj["kind"]
            path = f"/apis/{group}/{_CLUSTER_WIDE[kind]}/{obj['metadata']['name']}?fieldManager=gke&force=true"
            for attempt in range(60):
                try:
                    await self.request("PATCH", path, obj, "application/apply-patch+yaml")
                    break
                except (aiohttp.ClientError, TimeoutError, OSError):
                    if attempt == 59:
                        raise
                    await asyncio.sleep(1)

    async def post_event(self, event: Object) -> None:
        """Write an event; that one can't be written is no reason to stop."""
        with contextlib.suppress(aiohttp.ClientResponseError):
            await self.request("POST", f"/api/v1/namespaces/{event['metadata']['namespace']}/events", event)


def path_of(obj: Object) -> str:
    """The API path of an object that was listed."""
    plural = FLEET_PATHS[obj["kind"]].partition("?")[0].rpartition("/")
    return f"{plural[0]}/namespaces/{obj['metadata']['namespace']}/{plural[2]}/{obj['metadata']['name']}"
