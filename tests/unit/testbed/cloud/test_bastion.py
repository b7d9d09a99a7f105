"""Whom IAP leads to a machine, what its proxy lets through, and what the relay takes from a client.

https://cloud.google.com/firewall/docs/firewalls ; tinyproxy.conf(5)
"""

from __future__ import annotations

import struct
from typing import Any

import pytest

from testbed.cloud.access import bastion
from testbed.cloud.access.relay import BAD_ACK, INVALID_DATA, INVALID_TAG, MOST, WINDOW, Closed, Frames

Body = dict[str, Any]

NETWORK = "https://www.googleapis.com/compute/v1/projects/p/global/networks/net"
IAP = "35.235.240.0/20"


def machine(script: str = "", **changes: Any) -> Body:
    interface = {"network": NETWORK, "networkIP": "10.0.0.2"}
    items = [{"key": "startup-script", "value": script}] if script else []
    return {
        "zone": "https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b",
        "networkInterfaces": [interface], "tags": {"items": ["bastion"]}, "metadata": {"items": items},
        "serviceAccounts": [{"email": "b@p.iam.gserviceaccount.com"}], **changes,
    }  # fmt: skip


def rule(verdict: str = "allowed", ports: list[str] | None = None, **changes: Any) -> Body:
    entry = {"IPProtocol": "tcp", "ports": ["8888"] if ports is None else ports}
    return {
        "network": NETWORK, "direction": "INGRESS", "disabled": False, "priority": 1000, "sourceRanges": [IAP],
        verdict: [entry], **changes,
    }  # fmt: skip


CASES: dict[str, tuple[list[Body], bool]] = {
    "none": ([], False),
    "its port": ([rule()], True),
    "a range of ports": ([rule(ports=["8000-9000"])], True),
    "all ports": ([rule(ports=[])], True),
    "another port": ([rule(ports=["22", "8889-9000"])], False),
    "from everywhere": ([rule(sourceRanges=["0.0.0.0/0"])], True),
    "from a part of IAP": ([rule(sourceRanges=["35.235.240.0/24"])], False),
    "for its tag": ([rule(targetTags=["bastion"])], True),
    "for another tag": ([rule(targetTags=["node"])], False),
    "for its account": ([rule(targetServiceAccounts=["b@p.iam.gserviceaccount.com"])], True),
    "for another account": ([rule(targetServiceAccounts=["x@p.iam.gserviceaccount.com"])], False),
    "to another address": ([rule(destinationRanges=["10.1.0.0/16"])], False),
    "in another network": ([rule(network=f"{NETWORK}-2")], False),
    "the other way": ([rule(direction="EGRESS")], False),
    "switched off": ([rule(disabled=True)], False),
    "denied before": ([rule(), rule("denied", [], priority=900)], False),
    "denied at the same priority": ([rule(), rule("denied")], False),
    "denied afterwards": ([rule(), rule("denied", [], priority=65534, sourceRanges=["0.0.0.0/0"])], True),
    "a part denied before": ([rule(), rule("denied", priority=1, sourceRanges=["35.235.240.0/24"])], False),
}


@pytest.mark.parametrize(("rules", "admitted"), CASES.values(), ids=CASES)
def test_the_firewall_admits_iap(rules: list[Body], admitted: bool) -> None:
    assert bastion.admitted(machine(), rules, 8888) is admitted


SCRIPT = """#!/bin/sh
cat > /etc/tinyproxy/tinyproxy.conf <<'CONF'
Port 8888
{more}
ConnectPort 443
Filter "/etc/tinyproxy/allowed"
FilterDefaultDeny Yes
CONF
cat > /etc/tinyproxy/allowed <<'ALLOWED'
^10\\.0\\.9\\.[0-9]+$
ALLOWED
"""


@pytest.mark.parametrize(
    ("more", "port", "listens"),
    [
        ("", 8888, True),
        ("", 8889, False),
        ("Listen 127.0.0.1", 8888, False),
        ("Listen 10.0.0.2", 8888, True),
    ],
)
def test_where_the_proxy_listens(more: str, port: int, listens: bool) -> None:
    found = bastion.proxy(machine(SCRIPT.format(more=more)))
    assert found is not None and found.listens("10.0.0.2", port) is listens


@pytest.mark.parametrize(
    ("more", "host", "port", "refusal"),
    [
        ("", "10.0.9.2", 443, ""),
        (f"Allow {IAP}", "10.0.9.2", 443, ""),
        ("Allow 127.0.0.1", "10.0.9.2", 443, "Access denied"),
        ("", "10.0.8.2", 443, "Filtered"),
        ("", "10.0.9.2.example.com", 443, "Filtered"),
        ("", "10.0.9.2", 22, "Access violation"),
    ],
)
def test_what_the_proxy_lets_through(more: str, host: str, port: int, refusal: str) -> None:
    found = bastion.proxy(machine(SCRIPT.format(more=more)))
    assert found is not None and found.refusal(host, port) == refusal


def test_a_machine_without_a_proxy() -> None:
    assert bastion.proxy(machine("#!/bin/sh\nexit 0\n")) is None
    assert bastion.proxy(machine()) is None


def cluster(location: str = "europe-west1", network: str = "projects/p/global/networks/net", **ip: Any) -> Body:
    networks = {
        "enabled": True,
        "privateEndpointEnforcementEnabled": True,
        "cidrBlocks": [{"cidrBlock": "10.0.0.0/28"}],
    }
    ip = {"authorizedNetworksConfig": networks, **ip}
    return {
        "location": location, "networkConfig": {"network": network},
        "controlPlaneEndpointsConfig": {"ipEndpointsConfig": ip},
    }  # fmt: skip


ENFORCED = {"enabled": True, "privateEndpointEnforcementEnabled": True, "cidrBlocks": [{"cidrBlock": "10.1.0.0/28"}]}


@pytest.mark.parametrize(
    ("control_plane", "reached"),
    [
        (cluster(), True),
        (cluster("europe-west1-c"), True),
        (cluster("us-east1"), False),
        (cluster("europe-west10"), False),
        (cluster("us-east1", globalAccess=True), True),
        (cluster(network="projects/p/global/networks/other"), False),
        (cluster(authorizedNetworksConfig=ENFORCED), False),
        (cluster(authorizedNetworksConfig={**ENFORCED, "privateEndpointEnforcementEnabled": False}), True),
        (cluster(authorizedNetworksConfig={}), True),
    ],
)
def test_who_reaches_a_private_endpoint(control_plane: Body, reached: bool) -> None:
    assert bastion.reaches(machine(), control_plane) is reached


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (struct.pack("!HQ", 7, 1), BAD_ACK),
        (struct.pack("!HI", 4, MOST + 1), INVALID_DATA),
        (struct.pack("!HI", 2, 0), INVALID_TAG),
    ],
)
def test_what_the_relay_does_not_take(message: bytes, code: int) -> None:
    with pytest.raises(Closed) as closed:
        Frames().take(message)
    assert closed.value.code == code


def test_the_relay_waits_for_the_clients_word() -> None:
    frames = Frames()
    while not frames.full:
        frames.wrapped(b"x" * MOST)
    assert frames.sent == WINDOW
    assert frames.take(struct.pack("!HQ", 7, MOST)) == b""
    assert not frames.full


def test_the_relay_confirms_what_a_client_sent_however_it_is_cut() -> None:
    frames, stream = Frames(), (struct.pack("!HI", 4, MOST) + b"x" * MOST) * 3
    assert (
        b"".join(frames.take(stream[start : start + 1000]) for start in range(0, len(stream), 1000)) == b"x" * 3 * MOST
    )
    assert frames.acknowledgement() == struct.pack("!HQ", 7, 3 * MOST)
    assert frames.acknowledgement() == b""
