"""IAM, Resource Manager, Service Usage, Artifact Registry, Secret Manager, Cloud Storage, GKE Hub."""

# ruff: noqa: E501 - a rule a line reads best in a table

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, CONTAINER, Rule, make, refused

IAM = f"/iam/v1/projects/{PROJECT}/serviceAccounts"
EMAIL = f"node-sa@{PROJECT}.iam.gserviceaccount.com"
CRM = f"/cloudresourcemanager/v1/projects/{PROJECT}"
USAGE = f"/serviceusage/v1/projects/{PROJECT}/services"
REGISTRY = f"/artifactregistry/v1/projects/{PROJECT}/locations/europe-west1/repositories"
SECRETS = f"/secretmanager/v1/projects/{PROJECT}/secrets"
BUCKETS = "/storage/storage/v1/b"
HUB = f"/gkehub/v1/projects/{PROJECT}/locations"
AUTOMATIC = {"replication": {"automatic": {}}}
BUCKET = {"name": "pingpong-state", "location": "EUROPE-WEST1"}
POLICY_DOC = "https://cloud.google.com/iam/docs/reference/rest/v1/Policy"
BUCKET_DOC = "https://cloud.google.com/storage/docs/buckets#naming"
SECRET_DOC = "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets"


def policy(*members: str, role: str = "roles/viewer", **fields: Any) -> dict[str, Any]:
    return {"policy": {"bindings": [{"role": role, "members": list(members)}], **fields}}


CONDITION = {"title": "t", "expression": "true"}
CONDITIONAL = {"policy": {"bindings": [{"role": "roles/viewer", "members": ["user:a@b.test"], "condition": CONDITION}]}}


def bad(name: str, source: str, path: str, body: Any, says: str, word: str = "INVALID_ARGUMENT") -> Rule:
    return Rule(name, source, "POST", path, body, 400, word, says)


RULES = [
    bad("account: short id", "iam.v1.json", IAM, {"accountId": "abc"}, "6 to 30"),
    bad("account: long name", "iam.v1.json", IAM,
        {"accountId": "abcdef", "serviceAccount": {"displayName": "x" * 101}}, "longer than 100 bytes"),
    Rule("account: missing", "iam.v1.json", "GET", f"{IAM}/{EMAIL}", None, 404, "NOT_FOUND", "Unknown service account"),
    bad("policy: none", POLICY_DOC, f"{CRM}:setIamPolicy", {}, "Policy is required"),
    bad("policy: version", POLICY_DOC, f"{CRM}:setIamPolicy", policy("user:a@b.test", version=2), "Invalid policy version"),
    bad("policy: member", POLICY_DOC, f"{CRM}:setIamPolicy", policy("a@b.test"), "unknown type or malformed"),
    bad("policy: role", POLICY_DOC, f"{CRM}:setIamPolicy", policy("user:a@b.test", role="viewer"), "not supported"),
    bad("policy: no such account", POLICY_DOC, f"{CRM}:setIamPolicy", policy(f"serviceAccount:{EMAIL}"),
        "does not exist"),
    bad("policy: condition without version 3", f"{POLICY_DOC}#conditions", f"{CRM}:setIamPolicy", CONDITIONAL,
        "policy version 3"),
    Rule("policy: stale etag", POLICY_DOC, "POST", f"{CRM}:setIamPolicy",
         policy("user:a@b.test", etag="BwXXXXXXXXX="), 409, "ABORTED", "concurrent policy changes"),
    Rule("api: unknown", "serviceusage.v1.json", "POST", f"{USAGE}:batchEnable", {"serviceIds": ["no.googleapis.com"]},
         403, "PERMISSION_DENIED", "Not found or permission denied"),
    bad("api: more than 20", "serviceusage.v1.json, BatchEnableServicesRequest", f"{USAGE}:batchEnable",
        {"serviceIds": ["compute.googleapis.com"] * 21}, "between 1 and 20"),
    bad("api: disabled twice", "serviceusage.v1.json", f"{USAGE}/monitoring.googleapis.com:disable", {}, "is not enabled",
        "FAILED_PRECONDITION"),
    bad("repository: id", "artifactregistry.v1.json", f"{REGISTRY}?repositoryId=A", {"format": "DOCKER"}, "repository_id"),
    bad("repository: no id", "artifactregistry.v1.json", REGISTRY, {"format": "DOCKER"}, "is required"),
    bad("repository: no format", "artifactregistry.v1.json", f"{REGISTRY}?repositoryId=a", {}, "repository.format"),
    bad("repository: docker settings", "artifactregistry.v1.json", f"{REGISTRY}?repositoryId=a",
        {"format": "PYTHON", "dockerConfig": {"immutableTags": True}}, "only allowed for DOCKER"),
    bad("repository: cleanup", "https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy",
        f"{REGISTRY}?repositoryId=a", {"format": "DOCKER", "cleanupPolicies": {"old": {"action": "DELETE"}}},
        "exactly one of condition"),
    bad("secret: no id", SECRET_DOC, SECRETS, AUTOMATIC, "secretId"),
    bad("secret: no replication", SECRET_DOC, f"{SECRETS}?secretId=s", {}, "exactly one of automatic"),
    bad("secret: rotation without topics", SECRET_DOC, f"{SECRETS}?secretId=s",
        {**AUTOMATIC, "rotation": {"nextRotationTime": "2027-01-01T00:00:00Z"}}, "at least one topic"),
    bad("bucket: name", BUCKET_DOC, f"{BUCKETS}?project={PROJECT}", {"name": "Bad"}, "Invalid bucket name", "invalid"),
    bad("bucket: reserved name", BUCKET_DOC, f"{BUCKETS}?project={PROJECT}", {"name": "google-x"}, "Invalid bucket name",
        "invalid"),
    bad("bucket: location", "https://cloud.google.com/storage/docs/locations", f"{BUCKETS}?project={PROJECT}",
        {"name": "state-x", "location": "MOON"}, "location constraint", "invalid"),
    Rule("bucket: missing", "storage.v1.json", "GET", f"{BUCKETS}/none-such", None, 404, "notFound", "does not exist"),
    bad("fleet: location", "gkehub.v1.json", f"{HUB}/europe-west1/fleets", {}, "is not supported"),
    bad("membership: no cluster", "gkehub.v1.json", f"{HUB}/global/memberships?membershipId=a", {}, "resource_link"),
    bad("membership: cluster is missing", "gkehub.v1.json", f"{HUB}/global/memberships?membershipId=a",
        {"endpoint": {"gkeCluster": {"resourceLink": f"//container.googleapis.com{CONTAINER[13:]}/clusters/none"}}},
        "does not exist"),
    bad("feature: name", "gkehub.v1.json", f"{HUB}/global/features?featureId=nonsense", {}, "does not exist"),
    bad("feature: no config membership", "gkehub.v1.json", f"{HUB}/global/features?featureId=multiclusteringress",
        {"spec": {"multiclusteringress": {"configMembership": f"projects/{PROJECT}/locations/global/memberships/no"}}},
        "not a membership"),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(cloud: RunningCloud, rule: Rule) -> None:
    rule.check(cloud)


def test_read_modify_write_of_a_policy(cloud: RunningCloud) -> None:
    make(cloud, IAM, {"accountId": "node-sa"})
    read = {"options": {"requestedPolicyVersion": 3}}
    found = make(cloud, f"{CRM}:getIamPolicy", read)
    found["bindings"].append({"role": "roles/logging.logWriter", "members": [f"serviceAccount:{EMAIL}"]})
    written = make(cloud, f"{CRM}:setIamPolicy", {"policy": found})
    assert refused(cloud, "POST", f"{CRM}:setIamPolicy", {"policy": found})[:2] == (409, "ABORTED")
    assert make(cloud, f"{CRM}:getIamPolicy", read) == written
    make(cloud, f"{IAM}/{EMAIL}", None, verb="DELETE")
    members = [
        member for binding in make(cloud, f"{CRM}:getIamPolicy", read)["bindings"] for member in binding["members"]
    ]
    assert any(member.startswith(f"deleted:serviceAccount:{EMAIL}?uid=") for member in members)


def test_conditions_are_hidden_from_older_versions(cloud: RunningCloud) -> None:
    """https://cloud.google.com/iam/docs/policies#versions"""
    make(cloud, f"{CRM}:setIamPolicy", {"policy": {**CONDITIONAL["policy"], "version": 3}})
    new = make(cloud, f"{CRM}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
    old = make(cloud, f"{CRM}:getIamPolicy", {})
    assert (new["version"], new["bindings"][0]["condition"]) == (3, CONDITION)
    assert (old["version"], old["bindings"][0]["role"].partition("_withcond_")[0]) == (1, "roles/viewer")


def test_accounts_change_by_mask(cloud: RunningCloud) -> None:
    make(cloud, IAM, {"accountId": "node-sa", "serviceAccount": {"displayName": "one", "description": "d"}})
    assert refused(cloud, "POST", IAM, {"accountId": "node-sa"})[:2] == (409, "ALREADY_EXISTS")
    body = {"serviceAccount": {"displayName": "two"}, "updateMask": "display_name"}
    changed = make(cloud, f"{IAM}/{EMAIL}", body, verb="PATCH")
    name = f"projects/{PROJECT}/serviceAccounts/{EMAIL}"
    assert changed == {"name": name, "displayName": "two", "description": "d"}
    found = cloud.request("GET", f"/iam/v1/projects/-/serviceAccounts/{EMAIL}")[1]
    assert {**found, **changed} == found


def test_repositories(cloud: RunningCloud) -> None:
    cloud.admin("PATCH", "settings", {"latency": {"default": 0.5}})
    _unused, operation = cloud.request("POST", f"{REGISTRY}?repositoryId=images", {"format": "DOCKER"})
    assert "done" not in operation
    assert refused(cloud, "GET", f"{REGISTRY}/images")[0] == 404
    cloud.settle()
    done = cloud.request("GET", f"/artifactregistry/v1/{operation['name']}")[1]
    assert done["done"] is True and done["response"]["name"].endswith("repositories/images")
    assert refused(cloud, "POST", f"{REGISTRY}?repositoryId=images", {"format": "DOCKER"})[:2] == (
        409,
        "ALREADY_EXISTS",
    )
    assert refused(cloud, "PATCH", f"{REGISTRY}/images?updateMask=format", {"format": "PYTHON"})[2].endswith(
        "immutable."
    )
    make(cloud, f"{REGISTRY}/images?updateMask=labels", {"labels": {"a": "b"}, "description": "x"}, verb="PATCH")
    found = cloud.request("GET", f"{REGISTRY}/images")[1]
    assert (found["labels"], "description" in found) == ({"a": "b"}, False)
    make(cloud, f"{REGISTRY}/images", None, verb="DELETE")
    assert refused(cloud, "GET", f"{REGISTRY}/images")[0] == 404


SECRET = b"correct horse battery staple"


def test_secrets_and_versions(cloud: RunningCloud) -> None:
    made = make(cloud, f"{SECRETS}?secretId=s", AUTOMATIC)
    assert refused(cloud, "POST", f"{SECRETS}?secretId=s", AUTOMATIC)[:2] == (409, "ALREADY_EXISTS")
    payload = {"data": base64.b64encode(SECRET).decode(), "dataCrc32c": "1"}
    assert "does not match" in refused(cloud, "POST", f"{SECRETS}/s:addVersion", {"payload": payload})[2]
    version = make(cloud, f"{SECRETS}/s:addVersion", {"payload": {"data": payload["data"]}})
    assert version["name"].endswith("/versions/1")
    # Answers name the project by its number, and that name works in requests.
    access = f"/secretmanager/v1/{made['name']}/versions/latest:access"
    found = cloud.request("GET", access)[1]["payload"]
    assert base64.b64decode(found["data"]) == SECRET
    make(cloud, f"{SECRETS}/s/versions/1:disable", {})
    assert refused(cloud, "GET", f"{SECRETS}/s/versions/1:access")[:2] == (400, "FAILED_PRECONDITION")
    make(cloud, f"{SECRETS}/s/versions/1:destroy", {})
    assert refused(cloud, "POST", f"{SECRETS}/s/versions/1:enable", {})[1] == "FAILED_PRECONDITION"


def test_payloads_are_private_files_and_nowhere_else(cloud: RunningCloud) -> None:
    make(cloud, f"{SECRETS}?secretId=s", AUTOMATIC)
    make(cloud, f"{SECRETS}/s:addVersion", {"payload": {"data": base64.b64encode(SECRET).decode()}})
    holding: list[Path] = []
    for file in cloud.local.folder.rglob("*"):
        if file.is_file():
            text = file.read_bytes()
            holding += [file] if SECRET in text or base64.b64encode(SECRET) in text else []
    assert [(file.parent.name, file.stat().st_mode & 0o777) for file in holding] == [("secrets", 0o600)]
    make(cloud, f"{SECRETS}/s", None, verb="DELETE")
    assert not holding[0].exists()


def test_buckets(cloud: RunningCloud) -> None:
    path = f"{BUCKETS}/pingpong-state"
    made = make(cloud, f"{BUCKETS}?project={PROJECT}", {**BUCKET, "versioning": {"enabled": True}})
    assert (made["locationType"], made["metageneration"], made["storageClass"]) == ("region", "1", "STANDARD")
    assert "you already own it" in refused(cloud, "POST", f"{BUCKETS}?project={PROJECT}", BUCKET)[2]
    cloud.enable("dns", project="another-project")
    assert "not available" in refused(cloud, "POST", f"{BUCKETS}?project=another-project", BUCKET)[2]
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    changed = make(cloud, f"{path}?ifMetagenerationMatch=1", uniform, verb="PATCH")
    assert (changed["metageneration"], changed["versioning"]) == ("2", {"enabled": True})
    assert refused(cloud, "PATCH", f"{path}?ifMetagenerationMatch=1", uniform)[:2] == (412, "conditionNotMet")
    assert refused(cloud, "PATCH", path, {"location": "US"})[0] == 400
    binding = {"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]}
    make(cloud, f"{path}/iam", {"bindings": [binding]}, verb="PUT")
    assert cloud.request("GET", f"{path}/iam")[1]["bindings"] == [binding]
    assert cloud.request("DELETE", path)[0] == 204


def test_the_fleet(network: RunningCloud) -> None:
    make(network, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    make(network, f"{HUB}/global/fleets", {"displayName": "pingpong"})
    link = f"//container.googleapis.com/projects/{PROJECT}/locations/europe-west1/clusters/primary"
    member = {"endpoint": {"gkeCluster": {"resourceLink": link}}}
    make(network, f"{HUB}/global/memberships?membershipId=primary", member)
    assert "already registered" in refused(network, "POST", f"{HUB}/global/memberships?membershipId=again", member)[2]
    config = {"configMembership": f"projects/{PROJECT}/locations/global/memberships/primary"}
    feature = {"spec": {"multiclusteringress": config}}
    make(network, f"{HUB}/global/features?featureId=multiclusteringress", feature)
    found = network.request("GET", f"{HUB}/global/features/multiclusteringress")[1]
    assert found["resourceState"] == {"state": "ACTIVE"}
    assert "in use by feature" in refused(network, "DELETE", f"{HUB}/global/memberships/primary")[2]
    for path in ("features/multiclusteringress", "memberships/primary", "fleets/default"):
        make(network, f"{HUB}/global/{path}", None, verb="DELETE")
    assert network.request("GET", f"{HUB}/global/memberships")[1] == {}


def test_apis_are_listed_by_state(cloud: RunningCloud) -> None:
    _unused, answer = cloud.request("GET", f"{USAGE}?filter=state:ENABLED&pageSize=200")
    names = {item["config"]["name"] for item in answer["services"]}
    assert "compute.googleapis.com" in names and "monitoring.googleapis.com" not in names
