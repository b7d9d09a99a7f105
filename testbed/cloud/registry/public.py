"""The registries of upstreams themselves: anybody pulls, and nobody has more than was built here."""

from __future__ import annotations

import asyncio
import re

from aiohttp import web

from testbed.cloud.published.images import Images
from testbed.cloud.registry.access import Refused
from testbed.cloud.registry.names import COMPONENT, Place

PATH = re.compile(
    rf"/v2/(?P<image>{COMPONENT}(?:/{COMPONENT})*)/(?P<what>manifests|blobs)/(?P<reference>[A-Za-z0-9_][A-Za-z0-9._:-]*)"
)


async def answer(request: web.BaseRequest, place: Place, images: Images) -> web.StreamResponse:
    """Answer one request; raises Refused."""
    if place.path in ("/v2/", "/v2"):
        return web.json_response({})
    found = PATH.fullmatch(place.path)
    if found is None or request.method not in ("GET", "HEAD"):
        raise Refused(405, "UNSUPPORTED", f"{request.method} {place.path}: this registry is read only")
    name, reference = f"{place.host}/{found['image']}", found["reference"]
    if found["what"] == "manifests":
        image = await asyncio.to_thread(images.find, name, reference)
        if image is None:
            raise Refused(404, "MANIFEST_UNKNOWN", f"manifest unknown: {name}:{reference}")
        headers = {"Content-Type": image.media_type, "Docker-Content-Digest": image.digest}
        return web.Response(body=image.manifest, headers=headers)
    blob = await asyncio.to_thread(images.blob, name, reference)
    if blob is None:
        raise Refused(404, "BLOB_UNKNOWN", f"blob unknown to registry: {name}@{reference}")
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = blob.size
    await response.prepare(request)
    if request.method == "GET":
        async for piece in blob.pieces():
            await response.write(piece)
    await response.write_eof()
    return response
