"""One address before two regions, with a real Envoy and real health checks: who serves, and what clients lose, when the
closest region is lost in one of three ways, when it is back, and when the certificate is renewed."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from testbed.cloud.balancing.fleets import FRONT_ENDS
from testbed.cloud.balancing.manager import KEEP_SECONDS
from testbed.gateway.model import Backend, Certificate, HealthCheck, Listener, LoadBalancer, Match, Route, Rule
from tests.support.load_balancer import ADDRESS, ALLOW, HOST, Lab, laboratory, parts

NEAR, FAR = "198.18.0.5", "198.18.16.5"
# A HealthCheckPolicy's own defaults, which is what role edge leaves them at.
CHECK = HealthCheck("HTTP", port=15021, path="/healthz/ready")
DETECTION = CHECK.interval * CHECK.unhealthy + CHECK.timeout
TIERS = (("europe-west1", ((NEAR, 443),)), ("us-east1", ((FAR, 443),)))
BACKEND = Backend("istio-ingress", "istio-ingressgateway", 443, "HTTPS", ((NEAR, 443), (FAR, 443)), CHECK,
                  security_policy="armor", tiers=TIERS)  # fmt: skip
# Fresh connections, one after the other; a line each: when it began, its status (0 for none), the pod that served and
# the certificate that was shown.
CLIENT = """
import hashlib, http.client, json, socket, ssl, sys, time
ca, host, address = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
while True:
    began, status, pod, certificate = time.time(), 0, "", ""
    try:
        connection = http.client.HTTPSConnection(host, timeout=8, context=context)
        connection._create_connection = lambda *_, **__: socket.create_connection((address, 443), 8)
        connection.request("GET", "/ping")
        certificate = hashlib.sha256(connection.sock.getpeercert(True)).hexdigest()
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
        pod = json.loads(text)["pod"] if status == 200 else ""
        connection.close()
    except (OSError, http.client.HTTPException):
        pass
    print(json.dumps([began, status, pod, certificate]), flush=True)
    time.sleep(0.05)
"""


@dataclass(frozen=True)
class Request:
    """What one client met."""

    at: float
    status: int
    pod: str
    certificate: str


@dataclass
class Regions:
    """The load balancer of two regions, and clients that call it all the time."""

    lab: Lab
    balancer: LoadBalancer
    log: Path

    def serve(self, *endpoints: str) -> None:
        """Serve with these pods alone, as endpoint slices have them."""
        tiers = tuple((region, tuple(pair for pair in tier if pair[0] in endpoints)) for region, tier in TIERS)
        backend = replace(BACKEND, tiers=tiers, endpoints=tuple(pair for _region, tier in tiers for pair in tier))
        self.lab.fleet.serve([replace(self.balancer, backends={backend.key: backend})], {"armor": [ALLOW]})

    def wait(self, seconds: float, until: Callable[[list[Request]], bool]) -> list[Request]:
        """Publish health as the twin does until the requests since the call are as wanted; those requests."""
        began = time.time()
        while True:
            self.lab.fleet.publish()
            seen = [item for item in self.requests() if item.at >= began]
            if until(seen):
                return seen
            assert time.time() - began < seconds, seen[-5:]
            time.sleep(KEEP_SECONDS / 2)

    def requests(self) -> list[Request]:
        """All requests that have ended."""
        lines = self.log.read_text().splitlines()
        return [Request(*json.loads(line)) for line in lines if line.endswith("]")]


def served_by(pod: str) -> Callable[[list[Request]], bool]:
    """Whether the last ten requests were served by a pod."""
    return lambda seen: len(seen) >= 10 and all(item.pod == pod for item in seen[-10:])


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Regions]:
    folder = tmp_path_factory.mktemp("regions")
    with laboratory(folder, 201, FRONT_ENDS, [NEAR, FAR]) as lab:
        balancer = LoadBalancer(
            "istio-ingress", "edge", ADDRESS, "edge-global", (listener(lab),), {BACKEND.key: BACKEND}, min_tls="TLS_1_2"
        )
        for pod, port in itertools.product((NEAR, FAR), (443, 15021)):
            lab.start(pod, port, secure=port == 443)
        found = Regions(lab, balancer, folder / "requests")
        found.serve(NEAR, FAR)
        lab.until(200, f"https://{HOST}/ping")
        (folder / "client.py").write_text(CLIENT)
        with found.log.open("wb") as output:
            command = lab.inside(sys.executable, str(folder / "client.py"), str(folder / "ca.pem"), HOST, ADDRESS)
            client = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)
        try:
            yield found
        finally:
            client.kill()
            client.wait()


def listener(lab: Lab) -> Listener:
    """The listener with a certificate that was issued just now."""
    chain, key = parts(lab.authority.leaf(HOST, 30).decode())
    route = Route("istio-ingress", "edge", (HOST,), (Rule((Match(),), ((BACKEND.key, 1),)),))
    return Listener(443, (Certificate("istio-ingress", "edge-tls", chain, key),), (route,))


def unhealthy(regions: Regions) -> None:
    """Health checks fail while requests in flight, and those to come, are still answered."""
    regions.lab.end(NEAR, 15021)


def removed(regions: Regions) -> None:
    """The pods leave the Service, as when they are scaled to zero or drained."""
    regions.serve(FAR)


def dead(regions: Regions) -> None:
    """The pods' processes are killed, and their Service has not noticed."""
    regions.lab.end(NEAR, 443)
    regions.lab.end(NEAR, 15021)


def restore(regions: Regions) -> None:
    for port in (443, 15021):
        if (NEAR, port) not in regions.lab.servers:
            regions.lab.start(NEAR, port, secure=port == 443)
    regions.serve(NEAR, FAR)


# How a region is lost; for how many seconds at most clients may be without an answer; whether a request may be lost.
FAULTS = {
    "removed": (removed, 2.0, False),
    "unhealthy": (unhealthy, float(DETECTION), False),
    "dead": (dead, float(DETECTION), True),
}


@pytest.mark.parametrize("name", FAULTS)
def test_another_region_serves_within_the_health_checks_time(regions: Regions, name: str) -> None:
    fault, most, loses = FAULTS[name]
    restore(regions)
    regions.wait(30, served_by(NEAR))
    began = time.time()
    fault(regions)
    seen = regions.wait(most + 5, served_by(FAR))
    lost = [item for item in seen if item.status != 200]
    took = next(item.at for item in seen if item.pod == FAR) - began
    print(f"{name}: {took:.2f} s, {len(lost)} of {len(seen)} requests lost")
    assert took <= most + KEEP_SECONDS + 1
    assert loses or not lost, lost
    # Whatever was lost was lost before the other region took over.
    assert all(item.at < began + took for item in lost)
    restore(regions)
    back = regions.wait(30, served_by(NEAR))
    assert not [item for item in back if item.status != 200], "coming back costs nothing"


def test_while_both_are_healthy_the_closest_serves_alone(regions: Regions) -> None:
    restore(regions)
    regions.wait(30, served_by(NEAR))
    seen = regions.wait(30, lambda found: len(found) >= 30)
    assert {item.pod for item in seen} == {NEAR}


def test_a_renewed_certificate_costs_no_request(regions: Regions) -> None:
    restore(regions)
    earlier = {item.certificate for item in regions.wait(30, served_by(NEAR))}
    regions.balancer = replace(regions.balancer, listeners=(listener(regions.lab),))
    regions.serve(NEAR, FAR)
    seen = regions.wait(30, lambda found: len({item.certificate for item in found} - earlier) == 1 and len(found) >= 60)
    assert not [item for item in seen if item.status != 200]
    shown = [name for name, _items in itertools.groupby(item.certificate for item in seen)]
    assert len(shown) <= 2 and shown[-1] not in earlier, "once renewed, the earlier one is shown no more"


def test_backends_see_googles_own_ranges(regions: Regions) -> None:
    seen = json.loads(regions.lab.until(200, f"https://{HOST}/ping"))
    assert seen["peer"] == "35.191.255.2"


def test_without_any_region_there_is_no_answer_but_a_503(regions: Regions) -> None:
    """No panic: Google's load balancers don't send to endpoints that fail their check."""
    regions.lab.end(NEAR, 15021)
    regions.lab.end(FAR, 15021)
    regions.lab.until(503, f"https://{HOST}/ping")
    regions.lab.start(FAR, 15021, secure=False)
    restore(regions)
    regions.lab.until(200, f"https://{HOST}/ping")
