"""What the steps of a rehearsal must have shown, and whom their programs ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.rehearsal.environment import environment, person
from testbed.rehearsal.verdicts import changed, left, mutations, retired

RECAP = """
PLAY RECAP *********************************************************************
localhost                  : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
primary                    : ok=20   changed={}    unreachable=0    failed=0    skipped=3    rescued=0    ignored=0
"""
PROJECT = {"key": "iam/projects/p/serviceAccounts/deployer@p", "kind": "iam.serviceAccount"}
RULE = {"key": "compute/projects/p/global/firewalls/by-hand", "kind": "compute.firewalls"}


def test_a_second_run_changes_nothing() -> None:
    assert changed(RECAP.format(0)) == []
    assert changed(RECAP.format(2)) == ["primary: expected no change the second time, found 2"]


@pytest.mark.parametrize(("kind", "named"), [("read", False), ("operation", False), ("auth", False), ("mutate", True)])
def test_a_second_run_sends_no_mutating_request(kind: str, named: bool) -> None:
    said = mutations([{"verb": "PATCH", "path": "/v1/x", "kind": kind}])
    assert said == (["PATCH /v1/x: expected no mutating request the second time"] if named else [])


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        (RULE, True),
        (PROJECT, False),
        ({"key": "serviceusage/projects/p/services/dns.googleapis.com", "kind": "serviceusage.service"}, False),
        ({"key": "policy/cloudresourcemanager/projects/p", "kind": "iam.policy"}, False),
        ({"key": "policy/secretmanager/projects/p/secrets/s", "kind": "iam.policy"}, True),
    ],
)
def test_nothing_is_left_but_what_was_there_before(resource: dict[str, str], named: bool) -> None:
    said = left([PROJECT], [PROJECT, resource])
    assert bool(said) == named
    assert not named or resource["key"] in said[0]


@pytest.mark.parametrize(
    ("place", "stays", "said"),
    [
        ("regions/r1", False, None),
        ("zones/r1-b", False, None),
        ("regions/r12", True, None),
        ("global", True, None),
        ("regions/r1", True, "nothing left of a retired region, found it"),
        ("zones/r1-b", True, "nothing left of a retired region, found it"),
        ("regions/r12", False, "it to stay"),
        ("global", False, "it to stay"),
    ],
)
def test_a_retired_region_goes_alone(place: str, stays: bool, said: str | None) -> None:
    resource = {"key": f"compute/projects/p/{place}/addresses/a", "kind": "compute.addresses"}
    expected = [f"{resource['key']}: expected {said}"] if said else []
    assert retired([resource], [resource] if stays else [], ["r1"]) == expected


def test_programs_are_led_to_the_local_cloud_and_nowhere_near_loopback() -> None:
    found = environment("http://127.0.0.1:1", Path("/ca.pem"), Path("/adc.json"), {"no_proxy": "example.com"})
    assert found["HTTPS_PROXY"] == found["https_proxy"] == "http://127.0.0.1:1"
    assert found["NO_PROXY"] == found["no_proxy"] == "127.0.0.1,localhost,198.51.100.0/24,example.com"
    assert found["SSL_CERT_FILE"] == found["REQUESTS_CA_BUNDLE"] == "/ca.pem"
    assert json.loads(person("t"))["refresh_token"] == "t"
