"""The form of requests and answers beside their content, and what the smaller services fill in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from testbed.cloud.core.protocol.answers import kept, parsed
from testbed.cloud.core.protocol.errors import ApiError
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import make, refused

NUMBER = project_number(PROJECT)
USAGE = f"/serviceusage/v1/projects/{PROJECT}/services"
SECRETS = f"/secretmanager/v1/projects/{PROJECT}/secrets"
REGISTRY = f"/artifactregistry/v1/projects/{PROJECT}/locations/europe-west1/repositories"
BUCKETS = "/storage/storage/v1/b"
NUMBERS = "%24alt=json%3Benum-encoding%3Dint"

ANSWER: dict[str, Any] = {"items": [{"a": 1, "b": {"c": 2, "d": 3}}, {"e": 4}], "next": "n", "kind": "k"}
MASKS: list[tuple[str, Any]] = [
    ("next", {"next": "n"}),
    ("items/a,next", {"items": [{"a": 1}, {}], "next": "n"}),
    ("items(a,b/c)", {"items": [{"a": 1, "b": {"c": 2}}, {}]}),
    ("items/*/d", {"items": [{"a": 1, "b": {"d": 3}}, {"e": 4}]}),
    ("*", ANSWER),
    ("none", {}),
]


@pytest.mark.parametrize(("mask", "expected"), MASKS, ids=[mask for mask, _unused in MASKS])
def test_some_fields_of_an_answer(mask: str, expected: Any) -> None:
    assert kept(ANSWER, parsed(mask)) == expected


@pytest.mark.parametrize("mask", ["", ",", "a,", "a(b", "a)b", "a/", "a b!"])
def test_a_mask_that_is_none(mask: str) -> None:
    with pytest.raises(ApiError, match="Invalid field selection"):
        parsed(mask)


def test_the_names_of_enabled_services(cloud: RunningCloud) -> None:
    query = "filter=state%3AENABLED&fields=services%2Fname%2CnextPageToken&prettyPrint=false"
    found = cloud.request("GET", f"{USAGE}?{query}")[1]
    assert {"name": f"projects/{NUMBER}/services/compute.googleapis.com"} in found["services"]
    assert found.keys() == {"services"}


def test_enabling_what_is_enabled_is_done_at_once(cloud: RunningCloud) -> None:
    operation = make(cloud, f"{USAGE}/compute.googleapis.com:enable", {})
    assert (operation["name"], operation["done"]) == ("operations/noop.DONE_OPERATION", True)
    assert operation["response"]["service"]["state"] == "ENABLED"
    operation = make(cloud, f"{USAGE}/iap.googleapis.com:enable", {})
    assert "done" not in operation


def test_a_parameter_by_its_name_in_the_protocol(cloud: RunningCloud) -> None:
    make(cloud, f"{REGISTRY}?alt=json&repository_id=images", {"format": "DOCKER"})
    assert cloud.request("GET", f"{REGISTRY}/images")[0] == 200
    make(cloud, f"{REGISTRY}/images?update_mask=description", {"description": "d"}, verb="PATCH")
    assert "repositoryID" in refused(cloud, "POST", f"{REGISTRY}?repositoryID=b", {"format": "DOCKER"})[2]


def test_what_the_path_says_may_stand_in_the_body(cloud: RunningCloud) -> None:
    make(cloud, f"{SECRETS}?secretId=s", {"replication": {"automatic": {}}})
    body = {"parent": f"projects/{PROJECT}/secrets/s", "payload": {"data": "eA=="}}
    version = make(cloud, f"{SECRETS}/s:addVersion", body)
    name = f"projects/{PROJECT}/secrets/s/versions/1"
    assert (
        make(cloud, f"{SECRETS}/s/versions/1:disable", {"etag": version["etag"], "name": name})["state"] == "DISABLED"
    )
    assert "parent" in refused(cloud, "POST", f"{SECRETS}?secretId=t", {"parent": f"projects/{PROJECT}"})[2]
    compute = f"/compute/compute/v1/projects/{PROJECT}/regions/europe-west1/addresses/a/setLabels"
    assert "project" in refused(cloud, "POST", compute, {"project": PROJECT})[2]


def test_enumerations_as_numbers(cloud: RunningCloud) -> None:
    make(cloud, f"{SECRETS}?secretId=s&{NUMBERS}", {"replication": {"automatic": {}}})
    version = make(cloud, f"{SECRETS}/s:addVersion?{NUMBERS}", {"payload": {"data": "eA=="}})
    assert version["state"] == 1
    assert "clientSpecifiedPayloadChecksum" not in version
    assert cloud.request("GET", f"{SECRETS}/s/versions?{NUMBERS}")[1]["versions"][0]["state"] == 1
    assert cloud.request("GET", f"{SECRETS}/s/versions/1")[1]["state"] == "ENABLED"


def test_a_secret_that_lives_for_a_while_answers_its_end(cloud: RunningCloud) -> None:
    replicas = {"userManaged": {"replicas": [{"location": "europe-west1"}]}}
    made = make(cloud, f"{SECRETS}?secretId=s", {"replication": replicas, "ttl": "3600s"})
    life = datetime.fromisoformat(made["expireTime"]) - datetime.fromisoformat(made["createTime"])
    assert (life.total_seconds(), "ttl" in made) == (pytest.approx(3600, abs=1), False)
    version = make(cloud, f"{SECRETS}/s:addVersion", {"payload": {"data": "eA=="}})
    assert version["replicationStatus"] == replicas


def test_a_repository_tells_whether_its_images_are_scanned(cloud: RunningCloud) -> None:
    make(cloud, f"{REGISTRY}?repositoryId=images", {"format": "DOCKER", "cleanupPolicyDryRun": False})
    found = cloud.request("GET", f"{REGISTRY}/images")[1]
    scanning = found["vulnerabilityScanningConfig"]
    assert scanning["enablementState"] == "SCANNING_DISABLED"
    assert scanning["enablementStateReason"] == "API containerscanning.googleapis.com is not enabled."
    assert "cleanupPolicyDryRun" not in found
    cloud.enable("containerscanning")
    make(cloud, f"{REGISTRY}?repositoryId=scanned", {"format": "DOCKER"})
    found = cloud.request("GET", f"{REGISTRY}/scanned")[1]
    assert found["vulnerabilityScanningConfig"]["enablementState"] == "SCANNING_ACTIVE"
    assert refused(cloud, "GET", f"{REGISTRY}/none") == (404, "NOT_FOUND", "Requested entity was not found.")


def test_a_cleanup_policy_is_named_as_its_key(cloud: RunningCloud) -> None:
    keep = {"action": "KEEP", "mostRecentVersions": {"keepCount": 5}}
    started = make(cloud, f"{REGISTRY}?repositoryId=images", {"format": "DOCKER", "cleanupPolicies": {"recent": keep}})
    named = {"recent": {**keep, "id": "recent"}}
    response = cloud.request("GET", f"/artifactregistry/v1/{started['name']}")[1]["response"]
    assert response["cleanupPolicies"] == named
    assert not response.keys() & {"createTime", "updateTime", "registryUri"}
    found = cloud.request("GET", f"{REGISTRY}/images")[1]
    assert found["cleanupPolicies"] == named
    assert found["registryUri"].startswith("europe-west1-docker.pkg.dev/")


def test_a_bucket_without_what_was_switched_off(cloud: RunningCloud) -> None:
    rule = {"action": {"type": "Delete"}, "condition": {"age": 7}}
    made = make(cloud, f"{BUCKETS}?project={PROJECT}", {"name": "state-1", "lifecycle": {"rule": [rule]}})
    assert made["softDeletePolicy"].keys() == {"retentionDurationSeconds", "effectiveTime"}
    off = {"lifecycle": {"rule": []}, "softDeletePolicy": {"retentionDurationSeconds": "0"}}
    changed = make(cloud, f"{BUCKETS}/state-1", off, verb="PATCH")
    assert "lifecycle" not in changed
    assert changed["softDeletePolicy"] == {"retentionDurationSeconds": "0"}


def test_an_error_of_iam_is_told_in_both_ways(cloud: RunningCloud) -> None:
    email = f"none@{PROJECT}.iam.gserviceaccount.com"
    path = f"/iam/v1/projects/{PROJECT}/serviceAccounts/{email}"
    error = cloud.request("GET", path)[1]["error"]
    assert (error["status"], error["errors"][0]["reason"]) == ("NOT_FOUND", "notFound")
    assert error["message"] == "Unknown service account"
    assert "does not exist" in refused(cloud, "POST", f"{path}:getIamPolicy")[2]
