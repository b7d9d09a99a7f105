"""What a test can do to a client: faults at the k-th request, rate limits, and the log that counts requests."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest

from testbed.cloud.testing import RunningCloud
from tests.support.cloud import COMPUTE, CRM_POLICY, make, refused

NETWORKS = f"{COMPUTE}/global/networks"
NETWORK = {"name": "n", "autoCreateSubnetworks": False}


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504])
def test_an_error_answer_at_the_second_request(cloud: RunningCloud, code: int) -> None:
    cloud.admin("POST", "faults", {"fault": code, "at": 2, "retry_after": 3})
    statuses = [cloud.request("GET", NETWORKS)[0] for _turn in range(3)]
    assert statuses == [200, code, 200]


def test_an_error_answer_changes_nothing_and_names_its_pause(cloud: RunningCloud) -> None:
    cloud.admin("POST", "faults", {"fault": "503", "method": "POST", "path": "networks$", "retry_after": 7})
    connection = cloud.connection()
    headers = {"Authorization": f"Bearer {cloud.token}", "Content-Type": "application/json"}
    connection.request("POST", NETWORKS, json.dumps(NETWORK), headers)
    response = connection.getresponse()
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
    assert json.loads(response.read())["error"]["errors"][0]["reason"] == "backendError"
    connection.close()
    assert refused(cloud, "GET", f"{NETWORKS}/n")[0] == 404


@pytest.mark.parametrize(("fault", "committed"), [("reset", False), ("reset_after_commit", True)])
def test_a_reset_before_and_after_the_commit(cloud: RunningCloud, fault: str, committed: bool) -> None:
    cloud.admin("POST", "faults", {"fault": fault, "api": "compute.networks.insert"})
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        cloud.request("POST", NETWORKS, NETWORK)
    assert (cloud.request("GET", f"{NETWORKS}/n")[0] == 200) is committed


def test_a_truncated_body(cloud: RunningCloud) -> None:
    cloud.admin("POST", "faults", {"fault": "truncated", "api": "compute.*"})
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        cloud.request("GET", NETWORKS)


def test_bad_json(cloud: RunningCloud) -> None:
    cloud.admin("POST", "faults", {"fault": "bad_json"})
    with pytest.raises(json.JSONDecodeError):
        cloud.request("GET", NETWORKS)
    assert cloud.request("GET", NETWORKS)[0] == 200


def test_a_stall_ends_in_a_reset(cloud: RunningCloud) -> None:
    cloud.admin("PATCH", "settings", {"stall_seconds": 0.3})
    cloud.admin("POST", "faults", {"fault": "stall"})
    began = time.monotonic()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        cloud.request("POST", NETWORKS, NETWORK)
    assert time.monotonic() - began >= 0.3
    assert refused(cloud, "GET", f"{NETWORKS}/n")[0] == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"fault": "explode"}, "unknown fault"),
        ({"fault": 500, "at": 0}, "count from 1"),
        ({"kind": 500}, "a fault takes"),
    ],
)
def test_a_fault_that_makes_no_sense(cloud: RunningCloud, body: dict[str, Any], says: str) -> None:
    status, answer = cloud.request("POST", "/_testbed/faults", body)
    assert status == 400 and says in answer["error"]["message"]


def test_the_test_hooks_need_the_token(cloud: RunningCloud) -> None:
    assert cloud.request("GET", "/_testbed/requests", token="")[0] == 401
    assert cloud.request("GET", "/_testbed/nothing")[0] == 404


def test_requests_are_counted_by_class(cloud: RunningCloud) -> None:
    cloud.admin("DELETE", "requests")
    operation = make(cloud, NETWORKS, NETWORK)
    cloud.request("GET", NETWORKS)
    cloud.request("POST", CRM_POLICY, {})
    cloud.request("GET", f"{COMPUTE}/global/operations/{operation['name']}")
    cloud.request("GET", "/nowhere")
    found = cloud.admin("GET", "requests")
    assert found["by_class"] == {"mutate": 1, "read": 2, "operation": 1, "unknown": 1}
    assert [entry["api"] for entry in found["requests"]][:2] == ["compute.networks.insert", "compute.networks.list"]
    assert cloud.admin("GET", f"requests?since={found['last']}")["requests"] == []


def test_the_rate_limit(cloud: RunningCloud) -> None:
    """https://cloud.google.com/compute/api-quota"""
    cloud.admin("PATCH", "settings", {"rate_limit": 3})
    statuses = [cloud.request("GET", NETWORKS)[0] for _turn in range(8)]
    assert statuses[:3] == [200, 200, 200]
    assert 429 in statuses
    cloud.admin("PATCH", "settings", {"rate_limit": 0})
    assert cloud.request("GET", NETWORKS)[0] == 200


def test_settings_are_checked(cloud: RunningCloud) -> None:
    for body in ({"colour": 1}, {"strict_services": 1}, {"rate_limit": "fast"}, {"quotas": []}):
        assert cloud.request("PATCH", "/_testbed/settings", body)[0] == 400, body
