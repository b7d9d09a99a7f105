"""A local cloud inside the test's own process: a thread, free ports, a folder of its own.

with running_cloud(tmp_path) as cloud:
    status, answer = cloud.request("POST", "/compute/compute/v1/projects/p/global/networks", {...})
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from testbed.cloud.app import LocalCloud
from testbed.cloud.backend import Backend
from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.settings import Settings
from testbed.cloud.web.metadata import MetadataServer

QUICK = {"latency": {"compute": 0.03, "container": 0.03, "default": 0.03}}
PROJECT = "pingpong-local"


class RunningCloud:
    """A started local cloud and a small client of it."""

    def __init__(self, cloud: LocalCloud, loop: asyncio.AbstractEventLoop) -> None:
        self.local = cloud
        self.loop = loop
        self.token = cloud.token
        self.ca_file = cloud.folder / "ca.pem"
        self.port = cloud.port
        self.proxy = f"http://127.0.0.1:{cloud.proxy_port}"
        self.endpoint = cloud.endpoint
        self.dns_port = cloud.dns_port
        self.kept: http.client.HTTPSConnection | None = None
        self.context = ssl.create_default_context(cafile=str(self.ca_file))

    def connection(self, timeout: float = 10.0) -> http.client.HTTPSConnection:
        """A new HTTPS connection to the server."""
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=timeout)

    def request(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """One request; JSON in, (status, JSON or text) out."""
        connection, self.kept = self.kept or self.connection(), None
        sent = {"Authorization": f"Bearer {self.token if token is None else token}", **(headers or {})}
        data = None
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(verb, path, data, sent)
            response = connection.getresponse()
            payload = response.read()
        except BaseException:
            connection.close()
            raise
        # One connection is kept: a new one costs a TLS handshake.
        self.kept = connection
        if "json" not in (response.headers.get("Content-Type") or ""):
            return response.status, payload.decode()
        return response.status, json.loads(payload)

    def admin(self, verb: str, name: str, body: Any = None) -> Any:
        """A test hook; raises AssertionError when it refuses."""
        status, answer = self.request(verb, f"/_testbed/{name}", body)
        if status != 200:
            raise AssertionError(f"{verb} {name}: {answer}")
        return answer

    def call[Result](self, function: Callable[[], Result]) -> Result:
        """Call a function in the cloud's own thread, which alone may touch its state."""

        async def run() -> Result:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)

    def settle(self, service: str = "", timeout: float = 20.0) -> None:
        """Wait until no operation (of the service) is under way."""
        deadline = time.monotonic() + timeout
        status = f"status?service={service}" if service else "status"
        while self.admin("GET", "resources") and self.admin("GET", status)["pending"]:
            if time.monotonic() > deadline:
                raise AssertionError("operations did not end")
            time.sleep(0.01)

    @contextmanager
    def metadata(self, email: str) -> Iterator[str]:
        """The host and port of a metadata server for a machine that runs as a service account."""
        server = MetadataServer(self.local.cloud, email)
        port = asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), self.loop).result(10)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), self.loop).result(10)

    def enable(self, *services: str, project: str = PROJECT) -> None:
        """Enable APIs (`compute`, `container`, ...) in a project."""
        names = [f"{name}.googleapis.com" for name in services]
        for start in range(0, len(names), 20):
            path = f"/serviceusage/v1/projects/{project}/services:batchEnable"
            status, answer = self.request("POST", path, {"serviceIds": names[start : start + 20]})
            if status != 200:
                raise AssertionError(str(answer))
        self.settle()


@contextmanager
def running_cloud(
    folder: Path, backend: Backend | None = None, settings: Mapping[str, Any] | None = None
) -> Iterator[RunningCloud]:
    """Start a local cloud in a thread; stop it at the end. Latencies are a few hundredths of a second."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    cloud = LocalCloud(
        folder=folder,
        backend=backend or MemoryBackend(delay=0.05),
        settings=Settings().updated({**QUICK, **(settings or {})}),
        port=0,
        proxy_port=0,
        dns_port=0,
    )
    try:
        asyncio.run_coroutine_threadsafe(cloud.start(), loop).result(30)
        yield RunningCloud(cloud, loop)
        asyncio.run_coroutine_threadsafe(cloud.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
