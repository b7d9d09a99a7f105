"""Requests of the registry protocol: Artifact Registry's rules first, then through to the server that keeps images."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.store import Resource
from testbed.cloud.published.images import Images
from testbed.cloud.registry import access, names, public
from testbed.cloud.registry.access import Caller, Refused
from testbed.cloud.registry.distribution import Distribution
from testbed.cloud.registry.names import Asked, Place
from testbed.cloud.registry.remote import Remotes
from testbed.cloud.services.artifactregistry.rules import upstream
from testbed.cloud.web.relay import handed_on
from testbed.host import HostError

logger = logging.getLogger(__name__)

PIECE = 256 * 1024
LIFETIME = 3599
# The form that each registry answers with; docker-registry finds a manifest only in a form that is asked for.
MANIFESTS = ", ".join((
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
))  # fmt: skip
# Of one connection, or the caller's credential: not handed on.
OWN = frozenset({"authorization", "connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"})


class Registries:
    """Every location's registry, and those of upstreams: ``images`` is what these publish."""

    def __init__(self, cloud: Cloud, distribution: Distribution, images: Images) -> None:
        self.cloud = cloud
        self.distribution = distribution
        self.images = images
        self.remotes = Remotes(images)
        # Two pushes under one immutable tag: the second sees the first.
        self.tagging = asyncio.Lock()

    async def answer(self, request: web.BaseRequest, place: Place) -> web.StreamResponse:
        """Answer one request."""
        with self.cloud.store.transaction():
            self.cloud.operations.settle()
        asked = names.parse(place, request.method)
        try:
            if not place.location:
                return await public.answer(request, place, self.images)
            if place.path == "/v2/token":
                return self._token(request, place)
            who = access.caller(self.cloud, request.headers.get("Authorization", ""))
            if who is None:
                return _challenge(place, asked)
            if place.path in ("/v2/", "/v2"):
                return web.json_response({}, headers={"Docker-Distribution-API-Version": "registry/2.0"})
            if asked is None:
                raise Refused(404, "NAME_INVALID", f"{request.method} {place.path}: not of the registry's protocol")
            return await self._admitted(request, place, asked, who)
        except Refused as refused:
            return _error(refused)
        except (HostError, aiohttp.ClientConnectionError) as error:
            logger.warning("docker-registry: %s", error)
            return _error(Refused(503, "UNAVAILABLE", "The service is currently unavailable."))

    def _token(self, request: web.BaseRequest, place: Place) -> web.Response:
        """The token that a challenge leads to: what was shown, if it admits what is asked for."""
        shown = request.headers.get("Authorization", "")
        who = access.caller(self.cloud, shown) if shown else Caller()
        if who is None:
            raise Refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        for repository, action in names.scoped(place.location, " ".join(request.query.getall("scope", []))):
            access.admit(self.cloud, who, repository, action)
        return web.json_response({"token": who.token, "access_token": who.token, "expires_in": LIFETIME})

    async def _admitted(self, request: web.BaseRequest, place: Place, asked: Asked, who: Caller) -> web.StreamResponse:
        repository = access.admit(self.cloud, who, asked.repository, asked.action)
        session = await self.distribution.running({_folder(item) for item in self._repositories()})
        name = f"{_folder(repository)}/{asked.image}"
        inner = f"/v2/{name}"
        if asked.pulled and (host := upstream(repository.body)):
            await self.remotes.fetch(session, f"{host}/{asked.image}", asked.pulled, name, MANIFESTS)
        outer = f"{place.base}/v2/{asked.repository.project}/{asked.repository.name}/{asked.image}"
        url = URL(f"http://registry{inner}{asked.rest}?{_query(request)}", encoded=True)
        if not asked.tag:
            body = request.content if request.can_read_body else None
            return await _through(request, session, url, body, inner, outer, asked)
        async with self.tagging:
            manifest = await request.read()
            if (repository.body.get("dockerConfig") or {}).get("immutableTags"):
                await self._unchanged(session, url, asked.tag, manifest)
            return await _through(request, session, url, manifest, inner, outer, asked)

    @staticmethod
    async def _unchanged(session: aiohttp.ClientSession, url: URL, tag: str, manifest: bytes) -> None:
        """Refuse another manifest under a tag that exists: artifactregistry.v1.json, DockerRepositoryConfig."""
        async with session.head(url, headers={"Accept": MANIFESTS}) as known:
            digest = known.headers.get("Docker-Content-Digest")
        if digest not in (None, f"sha256:{hashlib.sha256(manifest).hexdigest()}"):
            raise Refused(400, "DENIED", f"cannot update tag {tag}. The repository has enabled tag immutability")

    def _repositories(self) -> list[Resource]:
        return self.cloud.store.of_kind("artifactregistry.repository")


def _folder(repository: Resource) -> str:
    """Where a repository's images are kept: one that is made anew under its name starts empty."""
    _projects, project, _locations, location, _repositories, name = repository.path.split("/")
    made = "".join(filter(str.isdigit, repository.body["createTime"]))
    return f"{location}/{project}/{name}/{made}"


def _query(request: web.BaseRequest) -> str:
    """Without the mount of another repository's layer: the layer is sent then, as the protocol has it."""
    pairs = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name not in ("mount", "from", "ns")])


async def _through(
    request: web.BaseRequest,
    session: aiohttp.ClientSession,
    url: URL,
    body: Any,
    inner: str,
    outer: str,
    asked: Asked,
) -> web.StreamResponse:
    """Hand a request on and its answer back in pieces; names inside become the names that the caller knows."""
    # Pairs, as a name may be there more than once: clients send an Accept for each form.
    sent = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in OWN)
    async with session.request(request.method, url, headers=sent, data=body, allow_redirects=False) as answer:
        kept = _renamed(answer.headers, inner, outer)
        if asked.lists_tags and answer.status == 200:
            listed = json.loads(await answer.read())
            listed["name"] = f"{asked.repository.project}/{asked.repository.name}/{asked.image}"
            kept.pop("Content-Length", None)
            return web.Response(body=json.dumps(listed).encode(), headers=kept)
        return await handed_on(request, answer, kept, PIECE)


def _renamed(headers: Mapping[str, str], inner: str, outer: str) -> dict[str, str]:
    kept = {name: value for name, value in headers.items() if name.lower() not in OWN}
    return {
        name: value.replace(inner, outer) if name in ("Location", "Link") else value for name, value in kept.items()
    }


def _challenge(place: Place, asked: Asked | None) -> web.Response:
    host = place.host
    scope = f',scope="{asked.scope}"' if asked else ""
    response = _error(Refused(401, "UNAUTHENTICATED", "Request is missing valid authentication credentials."))
    response.headers["WWW-Authenticate"] = f'Bearer realm="https://{host}/v2/token",service="{host}"{scope}'
    return response


def _error(refused: Refused) -> web.Response:
    errors = [{"code": refused.code, "message": refused.message}]
    headers = {"Docker-Distribution-API-Version": "registry/2.0"}
    return web.json_response({"errors": errors}, status=refused.status, headers=headers)
