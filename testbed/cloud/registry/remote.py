"""Remote repositories: what is pulled for the first time is fetched from the upstream, and kept.

https://cloud.google.com/artifact-registry/docs/repositories/remote-overview
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from testbed.cloud.published.images import Blob, Images
from testbed.host import HostError


class Remotes:
    """Fetches from what upstreams publish into the server that keeps images."""

    def __init__(self, images: Images) -> None:
        self.images = images
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Where a layer was put last: it is not sent a second time for another image or another region's repository.
        self.places: dict[str, str] = {}

    async def fetch(
        self, session: aiohttp.ClientSession, upstream: str, reference: str, inner: str, forms: str
    ) -> None:
        """Bring an image in, unless it is there or the upstream has none: it is not found then.

        upstream: its name there. inner: its name in the server. forms: of manifests, for Accept. Raises HostError.
        """
        manifest = _url(f"/v2/{inner}/manifests/{reference}")
        async with self.locks[inner]:
            if (await _status(session, "HEAD", manifest, {"Accept": forms}))[0] == 200:
                return
            found = await asyncio.to_thread(self.images.find, upstream, reference)
            if found is None:
                return
            for digest, blob in found.blobs.items():
                await self._keep(session, inner, digest, blob)
            status, _unused = await _status(
                session, "PUT", manifest, {"Content-Type": found.media_type}, found.manifest
            )
            if status != 201:
                raise HostError(f"{inner}: a manifest of {upstream} was answered with {status}, expected 201")

    async def _keep(self, session: aiohttp.ClientSession, inner: str, digest: str, blob: Blob) -> None:
        known = self.places.get(digest)
        mount = f"?{urlencode({'mount': digest, 'from': known})}" if known else ""
        status, headers = await _status(session, "POST", _url(f"/v2/{inner}/blobs/uploads/{mount}"))
        if status == 202:
            place = headers["Location"]
            target = _url(f"{place}{'&' if '?' in place else '?'}digest={digest}")
            sent = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
            status, _unused = await _status(session, "PUT", target, sent, blob.pieces())
        if status != 201:
            raise HostError(f"{inner}: the blob {digest} was answered with {status}, expected 201")
        self.places[digest] = inner


def _url(path: str) -> URL:
    return URL(f"http://registry{path}", encoded=True)


async def _status(
    session: aiohttp.ClientSession, verb: str, url: URL, headers: Mapping[str, str] | None = None, body: object = None
) -> tuple[int, Mapping[str, str]]:
    async with session.request(verb, url, headers=headers, data=body, allow_redirects=False) as answer:
        await answer.read()
        return answer.status, answer.headers
