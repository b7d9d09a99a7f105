"""A region's load balancers running: Envoy, the health checkers and the WAF, in the region's namespace.

All three follow files, which are written whole; a process that ended is started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.gateway import envoy
from testbed.gateway.fleet import health
from testbed.gateway.fleet.place import Place
from testbed.gateway.model import Backend, LoadBalancer
from testbed.host import TIED, write_whole

WAF_PORT = 9191


@dataclass(frozen=True)
class Programs:
    """Where the programs are."""

    envoy: Path
    waf: Path


@dataclass
class Fleet:
    """One region's load balancers. ``folder`` holds its files, certificates' keys among them: its owner's alone."""

    place: Place
    folder: Path
    programs: Programs
    balancers: list[LoadBalancer] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self) -> None:
        """Make the namespace and start what serves; what an earlier run left is replaced."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "policies").mkdir(parents=True, mode=0o700)
        self.folder.chmod(0o700)
        self.written.clear()
        await asyncio.to_thread(self.place.up)
        self._write("bootstrap.json", envoy.bootstrap(self.folder))
        self.publish()
        await self.keep()

    async def stop(self) -> None:
        """End the processes; the namespace stays for the next start."""
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self.running.values():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 5)
        self.running.clear()

    async def keep(self) -> None:
        """Start what does not run."""
        for name, command in self._commands().items():
            process = self.running.get(name)
            if process is None or process.returncode is not None:
                with (self.folder / f"{name}.log").open("ab") as log:
                    self.running[name] = await asyncio.create_subprocess_exec(
                        "ip", "netns", "exec", self.place.namespace, *TIED, *command,
                        stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                    )  # fmt: skip

    def serve(self, balancers: Iterable[LoadBalancer], policies: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Serve these load balancers, with these security policies (their rules by name)."""
        self.balancers = list(balancers)
        for name, rules in policies.items():
            self._write(f"policies/{name}.json", list(rules))
        self._write("targets.json", {key: _target(backend) for key, backend in self._backends().items()})
        self.publish()

    def publish(self) -> None:
        """Write Envoy's files as the health checkers' findings now are."""
        files = envoy.files(self.balancers, self.folder, self.place.proxy, self.healthy(), WAF_PORT)
        # Envoy wants to find the endpoints and certificates that the other two name.
        for name in sorted(files, key=lambda item: (item == "listeners.json", item == "clusters.json")):
            self._write(name, files[name])

    def healthy(self) -> dict[str, frozenset[str]]:
        """The endpoints that pass their health check, by backend."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            found = json.loads((self.folder / "healthy.json").read_text())
            return {name: frozenset(endpoints) for name, endpoints in found.items()}
        return {}

    def _backends(self) -> dict[str, Backend]:
        return {key: backend for balancer in self.balancers for key, backend in balancer.backends.items()}

    def _commands(self) -> dict[str, list[str]]:
        results = [str(self.folder / name) for name in ("targets.json", "healthy.json")]
        return {
            "health": [sys.executable, health.__file__, *results, *self.place.probers],
            "waf": [
                str(self.programs.waf), f"-listen=127.0.0.1:{WAF_PORT}", f"-policies={self.folder / 'policies'}",
            ],
            "envoy": [
                str(self.programs.envoy), "--config-path", str(self.folder / "bootstrap.json"), "--base-id",
                str(1000 + self.place.number), "--concurrency", "1", "--log-level", "warning",
                "--drain-time-s", "10", "--parent-shutdown-time-s", "12",
            ],
        }  # fmt: skip

    def _write(self, name: str, value: object) -> None:
        text = json.dumps(value)
        if self.written.get(name) != text:
            write_whole(self.folder / name, text, 0o600)
            self.written[name] = text


def _target(backend: Backend) -> dict[str, Any]:
    check = backend.health
    return {
        "endpoints": [f"{address}:{port}" for address, port in backend.endpoints],
        "type": check.type, "port": check.port, "path": check.path, "host": check.host,
        "interval": check.interval, "timeout": check.timeout, "healthy": check.healthy, "unhealthy": check.unhealthy,
    }  # fmt: skip
