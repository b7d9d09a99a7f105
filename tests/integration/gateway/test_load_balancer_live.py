"""A real Envoy, real health checks and a real WAF as the twin runs them, in a network namespace of the test's own."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

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
from tests.support.authority import Authority
from tests.support.load_balancer import ADDRESS, ALLOW, HOST, INTERNAL, Lab, laboratory, parts

POD = "198.18.0.5"
EXPRESSION = "evaluatePreconfiguredWaf('sqli-v33-stable', {'sensitivity': 1})"
SQLI = {"priority": 1000, "action": "deny(403)", "preview": False, "match": {"expr": {"expression": EXPRESSION}}}
BACKEND = Backend(
    "istio-ingress", "istio-ingressgateway", 443, "HTTPS", ((POD, 443),),
    HealthCheck("HTTP", port=15021, path="/healthz/ready", interval=1), security_policy="armor",
)  # fmt: skip


@dataclass
class Single:
    """One load balancer of the laboratory, with one backend."""

    lab: Lab
    balancer: LoadBalancer

    def serve(self, rules: list[dict[str, Any]] | None = None, **changes: Any) -> None:
        """Serve the load balancer with a backend that differs."""
        (backend,) = self.balancer.backends.values()
        changed = replace(backend, **changes)
        self.lab.fleet.serve([replace(self.balancer, backends={changed.key: changed})], {"armor": rules or []})

    def curl(self, *arguments: str) -> tuple[int, str]:
        """A request from inside: its status and its body."""
        return self.lab.curl(*arguments)

    def until(self, code: int, *arguments: str) -> str:
        """Ask until the status is as expected."""
        return self.lab.until(code, *arguments)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Single]:
    with laboratory(tmp_path_factory.mktemp("load-balancer"), 200, "10.177.0.0/23", [POD]) as found:
        chain, key = parts(found.authority.leaf(HOST, 30).decode())
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
        found.start(POD, 443, secure=True)
        found.start(POD, 15021, secure=False)
        single = Single(found, balancer)
        single.serve([ALLOW])
        single.until(200, f"https://{HOST}/ping")
        yield single


def test_backends_see_the_proxy_range_and_no_name(lab: Single) -> None:
    lab.serve([ALLOW])
    seen = json.loads(lab.until(200, f"https://{HOST}/ping"))
    assert seen["peer"] == "10.177.0.2"
    assert seen["sni"] is None
    assert seen["headers"]["via"] == "1.1 google"
    assert seen["headers"]["x-forwarded-proto"] == "https"
    assert seen["headers"]["x-forwarded-for"].split(",")[-1].strip() == ADDRESS


def test_a_backend_tls_policy_names_and_verifies(lab: Single) -> None:
    lab.serve([ALLOW], tls=BackendTls(INTERNAL, (INTERNAL,), lab.lab.authority.pem))
    time.sleep(1)
    assert json.loads(lab.until(200, f"https://{HOST}/ping"))["sni"] == INTERNAL
    lab.serve([ALLOW], tls=BackendTls(INTERNAL, ("another.internal",), lab.lab.authority.pem))
    lab.until(503, f"https://{HOST}/ping")
    lab.serve([ALLOW], tls=BackendTls(INTERNAL, (INTERNAL,), Authority("strangers").pem))
    lab.until(503, f"https://{HOST}/ping")


def test_without_a_healthy_endpoint_it_answers_503(lab: Single) -> None:
    lab.serve([ALLOW], health=replace(BACKEND.health, path="/fail"))
    lab.until(503, f"https://{HOST}/ping")
    lab.serve([ALLOW])
    lab.until(200, f"https://{HOST}/ping")


def test_an_attack_is_refused_and_its_twin_is_served(lab: Single) -> None:
    lab.serve([SQLI, ALLOW])
    lab.until(403, f"https://{HOST}/ping?id=1'%20OR%20'1'='1")
    assert lab.curl(f"https://{HOST}/ping?id=1")[0] == 200
    assert "403 Forbidden" in lab.curl("--data", "id=1' UNION SELECT password FROM users--", f"https://{HOST}/ping")[1]


def test_a_rule_in_preview_refuses_nobody(lab: Single) -> None:
    lab.serve([{**SQLI, "preview": True}, ALLOW])
    lab.until(200, f"https://{HOST}/ping?id=1'%20OR%20'1'='1")


def test_a_rate_is_limited_for_each_client(lab: Single) -> None:
    limit = {"conformAction": "allow", "exceedAction": "deny(429)", "enforceOnKey": "IP",
             "rateLimitThreshold": {"count": 3, "intervalSec": 60}}  # fmt: skip
    lab.serve([{**ALLOW, "priority": 10, "action": "throttle", "rateLimitOptions": limit}, ALLOW])
    lab.until(429, f"https://{HOST}/ping")
    lab.serve([ALLOW])
    lab.until(200, f"https://{HOST}/ping")


def test_redirects_and_unknown_hosts(lab: Single) -> None:
    assert (
        lab.curl("--head", f"http://{HOST}/ping?a=b")[1].splitlines()[1].strip() == f"location: https://{HOST}/ping?a=b"
    )
    assert lab.curl("--head", f"https://{HOST}/moved")[0] == 302
    code, body = lab.curl("--header", "Host: other.example.com", f"https://{HOST}/")
    assert (code, body) == (404, "fault filter abort")


def test_an_old_version_of_tls_is_refused(lab: Single) -> None:
    command = ["openssl", "s_client", "-connect", f"{ADDRESS}:443", "-servername", HOST, "-tls1_1",
               "-cipher", "DEFAULT@SECLEVEL=0"]  # fmt: skip
    answer = subprocess.run(
        ["ip", "netns", "exec", lab.lab.fleet.place.namespace, *command], input="", capture_output=True, text=True,
        check=False, timeout=20,
    )  # fmt: skip
    assert answer.returncode != 0


def test_a_process_that_ended_is_started_again(lab: Single) -> None:
    lab.serve([ALLOW])
    lab.lab.fleet.running["envoy"].kill()
    lab.until(200, f"https://{HOST}/ping")


def test_keys_are_their_owners_alone(lab: Single) -> None:
    assert lab.lab.fleet.folder.stat().st_mode & 0o077 == 0
    for path in lab.lab.fleet.folder.glob("certificate-*.json"):
        assert path.stat().st_mode & 0o077 == 0
