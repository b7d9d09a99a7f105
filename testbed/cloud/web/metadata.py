"""The metadata server of a virtual machine or a pod: who it runs as, and access tokens for that account.

Plain HTTP, for whoever is on the machine; the header keeps out requests that a page or a redirect made.
https://cloud.google.com/compute/docs/metadata/querying-metadata
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from testbed.cloud.core.call import Cloud
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.web.tokens import LIFETIME

FLAVOR = "Metadata-Flavor"
ROOT = "/computeMetadata/v1/"
ACCOUNTS = "instance/service-accounts/"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@dataclass(frozen=True)
class Answer:
    """A status, and text or what becomes JSON."""

    status: int
    body: str | dict[str, Any]


def answer(
    cloud: Cloud, email: str, verb: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> Answer:
    """What a machine that runs as the service account `email` is answered."""
    if headers.get(FLAVOR) != "Google":
        return Answer(403, f"Missing {FLAVOR}:Google header.")
    if "X-Forwarded-For" in headers:
        return Answer(403, "Requests with the header X-Forwarded-For are not served.")
    if verb != "GET":
        return Answer(405, "Only GET is served.")
    project = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    plain = {
        "/": "computeMetadata/\n",
        f"{ROOT}project/project-id": project,
        f"{ROOT}project/numeric-project-id": project_number(project),
        f"{ROOT}universe/universe-domain": "googleapis.com",
    }
    if path in plain:
        return Answer(200, plain[path])
    account, _unused, field = path.removeprefix(ROOT + ACCOUNTS).partition("/")
    exists = cloud.store.get(f"iam/projects/{project}/serviceAccounts/{email}") is not None
    if not path.startswith(ROOT + ACCOUNTS) or account not in ("default", email) or not exists:
        return Answer(404, f"The requested URL {path} was not found on this server.")
    fields: dict[str, str | dict[str, Any]] = {
        "": {"aliases": ["default"], "email": email, "scopes": list(SCOPES)},
        "email": email,
        "scopes": "\n".join(SCOPES) + "\n",
        "token": {"access_token": cloud.token, "expires_in": LIFETIME, "token_type": "Bearer"},
    }
    if field not in fields:
        return Answer(404, f"The requested URL {path} was not found on this server.")
    if not field and query.get("recursive", "").lower() != "true":
        return Answer(200, "aliases\nemail\nidentity\nscopes\ntoken\n")
    return Answer(200, fields[field])


class MetadataServer:
    """Serves one machine that runs as `email`."""

    def __init__(self, cloud: Cloud, email: str) -> None:
        self.cloud = cloud
        self.email = email
        self.runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; the port that it is (0 takes a free one)."""
        self.runner = web.ServerRunner(web.Server(self._handle))
        await self.runner.setup()
        await web.TCPSite(self.runner, host, port).start()
        return int(self.runner.addresses[0][1])

    async def stop(self) -> None:
        """Let go of the port."""
        if self.runner:
            await self.runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        answered = answer(self.cloud, self.email, request.method, request.path, request.query, request.headers)
        text, kind = (answered.body, "text") if isinstance(answered.body, str) else (json.dumps(answered.body), "json")
        return web.Response(
            status=answered.status,
            text=text,
            content_type=f"application/{kind}",
            headers={FLAVOR: "Google", "Server": "Metadata Server for VM"},
        )
