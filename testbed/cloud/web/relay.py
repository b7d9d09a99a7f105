"""Another server's answer, handed on in pieces as they come."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from aiohttp import web


async def handed_on(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, headers: Mapping[str, str], piece: int
) -> web.StreamResponse:
    """Answer ``request`` with the status and body of ``answer``, these headers, in pieces of at most so many bytes."""
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    async for content in answer.content.iter_chunked(piece):
        await response.write(content)
    await response.write_eof()
    return response
