"""Requests of Git's smart HTTP protocol, by the program that Git brings for it.

https://git-scm.com/docs/git-http-backend
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import os
import re
from email.parser import BytesHeaderParser
from pathlib import Path

from aiohttp import web

from testbed.host import TIED, run

PREFIX = "/git/"
_PATH = re.compile(r"/git/(?P<name>[a-z0-9][a-z0-9-]*\.git)(?P<rest>/(info/refs|git-upload-pack|git-receive-pack))")
_PUSH = "git-receive-pack"


class Repositories:
    """The repositories in ``folder``; ``token`` is the password of whoever pushes."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder = folder
        self.token = token
        self.lock = asyncio.Lock()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        found = _PATH.fullmatch(request.path)
        if not found:
            return web.Response(status=404, text="404: Not Found")
        pushes = _PUSH in (request.query.get("service"), found["rest"].removeprefix("/"))
        if pushes and not self._knows(request.headers.get("Authorization", "")):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        async with self.lock:
            await asyncio.to_thread(self._make, found["name"])
        return await self._backend(request, f"/{found['name']}{found['rest']}", "deployer" if pushes else "")

    def _knows(self, shown: str) -> bool:
        scheme, _space, encoded = shown.partition(" ")
        try:
            password = base64.b64decode(encoded, validate=True).partition(b":")[2]
        except binascii.Error:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(password, self.token.encode())

    def _make(self, name: str) -> None:
        place = self.folder / name
        if not (place / "HEAD").is_file():
            run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(place)])

    async def _backend(self, request: web.BaseRequest, path: str, user: str) -> web.Response:
        body = await request.content.read()
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.folder), "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.method, "PATH_INFO": path, "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""), **({"REMOTE_USER": user} if user else {}),
        }  # fmt: skip
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *TIED, "git", "http-backend", env=environment, stdin=pipe, stdout=pipe, stderr=pipe
        )
        said, complaint = await process.communicate(body)
        if process.returncode:
            return web.Response(status=500, text=complaint.decode("utf-8", "replace"))
        head, _empty, content = said.partition(b"\r\n\r\n")
        headers = dict(BytesHeaderParser().parsebytes(head))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=content)
