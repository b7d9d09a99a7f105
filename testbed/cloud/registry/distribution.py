"""The registry server that keeps the images: Debian's docker-registry, a child of the local cloud."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

import aiohttp

from testbed.cloud.core.state.files import write_private
from testbed.debian import program
from testbed.host import TIED, HostError

SECONDS = 20
REPOSITORIES = Path("docker/registry/v2/repositories")


class Distribution:
    """Runs from the first request on, at a socket that its owner alone reaches; ``folder`` keeps what was pushed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = asyncio.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.session: aiohttp.ClientSession | None = None
        # Not below the state: a socket's path is short.
        self.place: tempfile.TemporaryDirectory[str] | None = None

    async def running(self, kept: Collection[str]) -> aiohttp.ClientSession:
        """A session with the server, which is started if need be.

        ``kept`` are the folders of repositories that exist: others' images go before it starts. Raises HostError.
        """
        async with self.lock:
            if self.session is None or self.process is None or self.process.poll() is not None:
                await self.stop()
                self.session = await self._start(kept)
            return self.session

    async def stop(self) -> None:
        """End the server; what was pushed stays."""
        if self.session:
            await self.session.close()
        if self.process:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait)
        if self.place:
            self.place.cleanup()
        self.session = self.process = self.place = None

    async def _start(self, kept: Collection[str]) -> aiohttp.ClientSession:
        registry = await asyncio.to_thread(program, "docker-registry")
        self.place = tempfile.TemporaryDirectory(prefix="pingpong-registry-")
        socket = Path(self.place.name) / "socket"
        config = self.folder / "config.json"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(config, json.dumps(_config(self.folder / "storage", socket)).encode())
        await asyncio.to_thread(_sweep, registry, config, self.folder / "storage", kept)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*TIED, str(registry), "serve", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + SECONDS
        while not await _listens(socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise HostError(f"docker-registry does not serve; its log: {self.folder / 'log'}")
            await asyncio.sleep(0.02)
        return aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(socket)),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )


async def _listens(socket: Path) -> bool:
    try:
        _unused, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    writer.close()
    return True


def _config(storage: Path, socket: Path) -> dict[str, object]:
    """https://distribution.github.io/distribution/about/configuration/ (JSON is YAML)."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
        "http": {"net": "unix", "addr": str(socket), "relativeurls": True, "secret": secrets.token_hex(32)},
    }


def _sweep(registry: Path, config: Path, storage: Path, kept: Collection[str]) -> None:
    """Remove the images of repositories that are no more, and the layers that only they had."""
    root = storage / REPOSITORIES
    gone = [folder for folder in root.glob("*/*/*/*") if str(folder.relative_to(root)) not in kept]
    for folder in gone:
        shutil.rmtree(folder)
    if gone:
        subprocess.run([registry, "garbage-collect", config], check=True, capture_output=True)
