"""Managed zones are really served, and failover really happens: UDP, TCP, HTTP probes, all on loopback.

Source: https://cloud.google.com/dns/docs/policies-overview
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from dnslib import RCODE, DNSRecord

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import COMPUTE, DNS, make

PRIMARY, BACKUP = "127.0.0.21", "127.0.0.22"
ZONES = f"{DNS}/managedZones"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/ping" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


class Site:
    """An HTTP server at one address that can be taken down and brought back."""

    def __init__(self, address: str, port: int) -> None:
        self.server = ThreadingHTTPServer((address, port), Handler)
        self.port = int(self.server.server_address[1])
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    first = Site(PRIMARY, 0)
    second = Site(BACKUP, first.port)
    yield first, second
    for site in (first, second):
        if site.thread.is_alive():
            site.stop()


def ask(cloud: RunningCloud, name: str, kind: str = "A", tcp: bool = False) -> tuple[str, list[str], int]:
    """The code, the data and the smallest TTL of an answer."""
    question = DNSRecord.question(name, kind)
    reply = DNSRecord.parse(question.send("127.0.0.1", cloud.dns_port, tcp=tcp, timeout=5))
    ttl = min((record.ttl for record in reply.rr), default=0)
    return RCODE[reply.header.rcode], [str(record.rdata) for record in reply.rr], ttl


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def zone(cloud: RunningCloud) -> None:
    make(cloud, ZONES, {"name": "z", "dnsName": "live.example.", "description": ""})


def test_records_are_served_over_udp_and_tcp(cloud: RunningCloud) -> None:
    zone(cloud)
    many = [f"198.51.100.{number}" for number in range(1, 101)]
    for name, kind, data in (
        ("a.live.example.", "A", ["198.51.100.1"]),
        ("t.live.example.", "TXT", ['"v=1 two words"']),
        ("m.live.example.", "MX", ["10 a.live.example."]),
        ("c.live.example.", "CNAME", ["a.live.example."]),
        ("many.live.example.", "A", many),
    ):
        make(cloud, f"{ZONES}/z/rrsets", {"name": name, "type": kind, "ttl": 30, "rrdatas": data})
    for tcp in (False, True):
        assert ask(cloud, "a.live.example.", tcp=tcp) == ("NOERROR", ["198.51.100.1"], 30)
        assert ask(cloud, "c.live.example.", tcp=tcp)[1] == ["a.live.example.", "198.51.100.1"]
        assert ask(cloud, "t.live.example.", "TXT", tcp=tcp)[1] == ['"v=1 two words"']
        assert ask(cloud, "m.live.example.", "MX", tcp=tcp)[1] == ["10 a.live.example."]
        assert ask(cloud, "none.live.example.", tcp=tcp)[0] == "NXDOMAIN"
        assert ask(cloud, "example.org.", tcp=tcp)[0] == "REFUSED"
    assert ask(cloud, "live.example.", "SOA")[0] == "NOERROR"
    assert sorted(ask(cloud, "many.live.example.", tcp=True)[1]) == sorted(many)


def test_an_answer_too_long_for_udp_is_marked(cloud: RunningCloud) -> None:
    zone(cloud)
    data = [f"198.51.100.{number}" for number in range(1, 101)]
    make(cloud, f"{ZONES}/z/rrsets", {"name": "many.live.example.", "type": "A", "ttl": 30, "rrdatas": data})
    question = DNSRecord.question("many.live.example.", "A")
    reply = DNSRecord.parse(question.send("127.0.0.1", cloud.dns_port, timeout=5))
    assert reply.header.tc == 1


def failover(cloud: RunningCloud, port: int) -> None:
    cloud.admin("PATCH", "settings", {"time_factor": 0.003})
    check = {
        "name": "hc",
        "type": "HTTP",
        "checkIntervalSec": 30,
        "timeoutSec": 5,
        "healthyThreshold": 2,
        "unhealthyThreshold": 2,
        "sourceRegions": ["us-east1", "europe-west1", "asia-east1"],
        "httpHealthCheck": {"port": port, "requestPath": "/ping"},
    }
    make(cloud, f"{COMPUTE}/global/healthChecks", check)
    zone(cloud)
    policy = {
        "healthCheck": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/healthChecks/hc",
        "primaryBackup": {
            "trickleTraffic": 0,
            "primaryTargets": {"externalEndpoints": [PRIMARY]},
            "backupGeoTargets": {
                "items": [{"location": "europe-west4", "healthCheckedTargets": {"externalEndpoints": [BACKUP]}}]
            },
        },
    }
    make(cloud, f"{ZONES}/z/rrsets", {"name": "app.live.example.", "type": "A", "ttl": 30, "routingPolicy": policy})


def test_failover_and_back(cloud: RunningCloud, sites: tuple[Site, Site]) -> None:
    primary, _unused = sites
    failover(cloud, primary.port)
    eventually(lambda: len([e for e in cloud.admin("GET", "health")["endpoints"] if e["probes"] > 1]) == 2)
    assert ask(cloud, "app.live.example.") == ("NOERROR", [PRIMARY], 30)
    primary.stop()
    eventually(lambda: ask(cloud, "app.live.example.")[1] == [BACKUP])
    state = {item["address"]: item for item in cloud.admin("GET", "health")["endpoints"]}
    assert (state[PRIMARY]["healthy"], state[BACKUP]["healthy"]) == (False, True)
    again = Site(PRIMARY, primary.port)
    eventually(lambda: ask(cloud, "app.live.example.")[1] == [PRIMARY])
    again.stop()
    events = [(item["address"], item["healthy"]) for item in cloud.admin("GET", "health")["events"]]
    assert [event for event in events if event[0] == PRIMARY][:3] == [
        (PRIMARY, True),
        (PRIMARY, False),
        (PRIMARY, True),
    ]


def test_the_wrong_answer_is_unhealthy(cloud: RunningCloud, sites: tuple[Site, Site]) -> None:
    failover(cloud, sites[0].port)
    eventually(lambda: ask(cloud, "app.live.example.")[1] == [PRIMARY])
    changed = {"httpHealthCheck": {"port": sites[0].port, "requestPath": "/missing"}}
    make(cloud, f"{COMPUTE}/global/healthChecks/hc", changed, verb="PATCH")

    def reasons() -> list[Any]:
        return [
            region["reason"]
            for item in cloud.admin("GET", "health")["endpoints"]
            for region in item["regions"].values()
        ]

    eventually(lambda: set(reasons()) == {"HTTP 404, expected 200"})
    eventually(lambda: not any(item["healthy"] for item in cloud.admin("GET", "health")["endpoints"]))


def test_a_deleted_record_is_probed_no_more(cloud: RunningCloud, sites: tuple[Site, Site]) -> None:
    failover(cloud, sites[0].port)
    eventually(lambda: bool(cloud.admin("GET", "health")["endpoints"]))
    make(cloud, f"{ZONES}/z/rrsets/app.live.example./A", None, verb="DELETE")
    eventually(lambda: not cloud.admin("GET", "health")["endpoints"])
    assert ask(cloud, "app.live.example.")[0] == "NXDOMAIN"


@pytest.mark.parametrize(
    ("data", "shown", "wire"),
    [
        ([r'"say \"hi\""'], [r'"say \"hi\""'], [[b'say "hi"']]),
        ([r'"a\\b" "c"', '"d"'], [r'"a\\b" "c"', '"d"'], [[b"a\\b", b"c"], [b"d"]]),
        (["two words"], ['"two" "words"'], [[b"two", b"words"]]),
        (['say "hi"'], ['"say" "hi"'], [[b"say", b"hi"]]),
    ],
    ids=["quotes", "several strings", "words", "a word and a string"],
)
def test_text_is_the_same_on_the_wire(
    cloud: RunningCloud, data: list[str], shown: list[str], wire: list[list[bytes]]
) -> None:
    """RFC 1035, section 5.1; https://cloud.google.com/dns/docs/records: unquoted text is split on its spaces."""
    make(cloud, ZONES, {"name": "t", "dnsName": "t.test.", "description": ""})
    record = make(cloud, f"{ZONES}/t/rrsets", {"name": "t.test.", "type": "TXT", "ttl": 30, "rrdatas": data})
    assert record["rrdatas"] == shown
    reply = DNSRecord.parse(DNSRecord.question("t.test.", "TXT").send("127.0.0.1", cloud.dns_port, timeout=5))
    assert [item.rdata.data for item in reply.rr] == wire
