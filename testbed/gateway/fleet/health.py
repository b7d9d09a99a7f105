"""Google's health checkers for one region: probe every endpoint from Google's ranges, and say which pass.

Run inside the load balancers' network namespace as a program of its own, with the standard library alone::

    python health.py TARGETS RESULTS SOURCE...

TARGETS (JSON, re-read when it changes) maps a backend's name to ``{endpoints, type, port, path, host, interval,
timeout, healthy, unhealthy}``; RESULTS maps it to the endpoints (``address:port``) that pass. Probes take turns between
the SOURCE addresses, one of each of Google's ranges: an endpoint that only one of them reaches never passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Target = dict[str, Any]


def context() -> ssl.SSLContext:
    """Health checks encrypt and don't verify."""
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


async def passes(target: Target, address: str, port: int, source: str, tls: ssl.SSLContext) -> bool:
    """One probe: HTTP, HTTPS and HTTP2 want a 200, TCP and SSL a connection."""
    try:
        async with asyncio.timeout(target["timeout"]):
            secure = target["type"] in ("HTTPS", "HTTP2", "SSL")
            reader, writer = await asyncio.open_connection(
                address, target["port"] or port, ssl=tls if secure else None, local_addr=(source, 0)
            )
            try:
                if target["type"] in ("TCP", "SSL"):
                    return True
                host = target["host"] or address
                request = [f"GET {target['path']} HTTP/1.1", f"Host: {host}", "User-Agent: GoogleHC/1.0"]
                writer.write("\r\n".join([*request, "Connection: close", "", ""]).encode())
                await writer.drain()
                status = await reader.readline()
                return status.split()[1:2] == [b"200"]
            finally:
                writer.close()
                with contextlib.suppress(OSError, ssl.SSLError):
                    await writer.wait_closed()
    except (OSError, ssl.SSLError, TimeoutError, ValueError):
        return False


@dataclass
class Endpoint:
    """An endpoint's state: unhealthy until it has passed often enough."""

    healthy: bool = False
    streak: int = 0

    def seen(self, passed: bool, target: Target) -> bool:
        """Take a probe's result; whether the state changed."""
        if passed == self.healthy:
            self.streak = 0
            return False
        self.streak += 1
        if self.streak < target["healthy" if passed else "unhealthy"]:
            return False
        self.healthy, self.streak = passed, 0
        return True


@dataclass
class Prober:
    """Every endpoint's probes, and what they found."""

    targets_file: Path
    results_file: Path
    sources: Iterator[str]
    targets: dict[str, Target] = field(default_factory=dict)
    states: dict[tuple[str, str], Endpoint] = field(default_factory=dict)
    tasks: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    tls: ssl.SSLContext = field(default_factory=context)

    async def run(self) -> None:
        """Follow the targets for ever."""
        changed = -1
        while True:
            with contextlib.suppress(FileNotFoundError):
                now = self.targets_file.stat().st_mtime_ns
                if now != changed:
                    changed = now
                    self.targets = json.loads(self.targets_file.read_text())
                    self.follow()
            await asyncio.sleep(0.2)

    def follow(self) -> None:
        """Start probes of endpoints that are new and end those of endpoints that are gone."""
        wanted = {(name, endpoint) for name, target in self.targets.items() for endpoint in target["endpoints"]}
        for key in set(self.tasks) - wanted:
            self.tasks.pop(key).cancel()
            self.states.pop(key, None)
        for key in wanted - set(self.tasks):
            self.states[key] = Endpoint()
            self.tasks[key] = asyncio.get_running_loop().create_task(self.watch(*key))
        self.publish()

    async def watch(self, name: str, endpoint: str) -> None:
        """Probe one endpoint at its interval."""
        address, _colon, port = endpoint.rpartition(":")
        while True:
            target = self.targets[name]
            passed = await passes(target, address, int(port), next(self.sources), self.tls)
            state = self.states[name, endpoint]
            if state.seen(passed, target):
                self.publish()
            # Google has many probers: one that is about to change its mind is soon followed by others.
            await asyncio.sleep(1 if state.streak and not state.healthy else target["interval"])

    def publish(self) -> None:
        """Write what passes, whole."""
        found: dict[str, list[str]] = {name: [] for name in self.targets}
        for (name, endpoint), state in sorted(self.states.items()):
            if state.healthy:
                found[name].append(endpoint)
        partial = self.results_file.with_suffix(".partial")
        partial.write_text(json.dumps(found))
        partial.rename(self.results_file)


def main() -> None:
    """Run the command."""
    os.umask(0o077)
    targets, results, *sources = sys.argv[1:]
    prober = Prober(Path(targets), Path(results), itertools.cycle(sources))
    asyncio.run(prober.run())


if __name__ == "__main__":
    main()
