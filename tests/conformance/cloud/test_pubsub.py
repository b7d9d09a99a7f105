"""Pub/Sub topics, and the clusters that send their notifications to them."""

# ruff: noqa: E501 - a rule a line reads best in a table

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, CONTAINER, Rule, changed, make, refused

TOPICS = f"/pubsub/v1/projects/{PROJECT}/topics"
TOPIC = f"{TOPICS}/upgrades"
NAME = f"projects/{PROJECT}/topics/upgrades"
CLUSTERS = f"{CONTAINER}/clusters"
NAMES = "https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names"
DOC = "pubsub.v1.json"


def bad(case: str, source: str, body: Any, says: str, path: str = TOPIC) -> Rule:
    return Rule(case, source, "PUT", path, body, 400, "INVALID_ARGUMENT", says)


def update(mask: str | None, **topic: Any) -> dict[str, Any]:
    return {"topic": topic, **({} if mask is None else {"updateMask": mask})}


RULES = [
    *(bad(f"name {name}", NAMES, {}, f"Invalid resource name given (name=projects/{PROJECT}/topics/{name}).", f"{TOPICS}/{name}")
      for name in ("ab", "goog-x", "1-digit", "a" * 256)),
    bad("label", "https://cloud.google.com/pubsub/docs/labels", {"labels": {"Upper": "x"}}, "Upper"),
    bad("retention too short", DOC, {"messageRetentionDuration": "599s"}, "must be between 10m and 744h"),
    bad("retention too long", DOC, {"messageRetentionDuration": "2678401s"}, "must be between 10m and 744h"),
    bad("no region to keep messages in", DOC, {"messageStoragePolicy": {}}, "at least one region"),
    bad("unknown region", DOC, {"messageStoragePolicy": {"allowedPersistenceRegions": ["mars"]}}, "'mars'"),
    bad("unknown field", DOC, {"noSuchField": True}, 'Unknown name "noSuchField"'),
    Rule("missing", DOC, "GET", TOPIC, None, 404, "NOT_FOUND", "Resource not found (resource=upgrades)."),
    Rule("missing, deleted", DOC, "DELETE", TOPIC, None, 404, "NOT_FOUND", "Resource not found"),
    Rule("missing, changed", DOC, "PATCH", TOPIC, update("labels"), 404, "NOT_FOUND", "Resource not found"),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(cloud: RunningCloud, rule: Rule) -> None:
    rule.check(cloud)
    assert cloud.request("GET", TOPICS)[1] == {}


def test_a_topic_is_there_at_once_and_its_name_is_taken(cloud: RunningCloud) -> None:
    made = make(cloud, TOPIC, {"labels": {"a": "1"}, "tags": {"1/a": "b"}}, verb="PUT")
    assert made == {"name": NAME, "labels": {"a": "1"}, "state": "ACTIVE"}
    assert cloud.request("GET", TOPICS)[1] == {"topics": [made]}
    status, word, says = refused(cloud, "PUT", TOPIC, {})
    assert (status, word, says) == (
        409,
        "ALREADY_EXISTS",
        "Resource already exists in the project (resource=upgrades).",
    )
    make(cloud, TOPIC, None, verb="DELETE")
    assert cloud.request("GET", TOPICS)[1] == {}


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        (None, "must be set, and must contain a non-empty paths list"),
        ("", "must be set, and must contain a non-empty paths list"),
        ("nonsense", "nonsense is not a known Topic field"),
        ("name", "the 'name' field in the Topic is not mutable"),
        ("labels,kmsKeyName", "the 'kms_key_name' field in the Topic is not mutable"),
    ],
)
def test_a_mask_that_changes_nothing_or_what_stays_is_refused(cloud: RunningCloud, mask: str | None, says: str) -> None:
    made = make(cloud, TOPIC, {"labels": {"a": "1"}}, verb="PUT")
    assert says in refused(cloud, "PATCH", TOPIC, update(mask, labels={"a": "2"}))[2]
    assert cloud.request("GET", TOPIC)[1] == made


def test_the_mask_alone_says_what_changes(cloud: RunningCloud) -> None:
    sent = {"labels": {"a": "1"}, "messageRetentionDuration": "600s"}
    make(cloud, TOPIC, sent, verb="PUT")
    body = update(
        "messageRetentionDuration,messageStoragePolicy",
        labels={"a": "2"},
        messageStoragePolicy={"allowedPersistenceRegions": ["europe-west1"]},
    )
    found = make(cloud, TOPIC, body, verb="PATCH")
    assert (found["labels"], found.get("messageRetentionDuration")) == ({"a": "1"}, None)
    assert found["messageStoragePolicy"] == {"allowedPersistenceRegions": ["europe-west1"]}


def test_a_topic_takes_its_policy_along(cloud: RunningCloud) -> None:
    make(cloud, TOPIC, {}, verb="PUT")
    bindings = [{"role": "roles/pubsub.subscriber", "members": ["user:a@b.test"]}]
    make(cloud, f"{TOPIC}:setIamPolicy", {"policy": {"bindings": bindings}})
    assert cloud.request("GET", f"{TOPIC}:getIamPolicy")[1]["bindings"] == bindings
    make(cloud, TOPIC, None, verb="DELETE")
    make(cloud, TOPIC, {}, verb="PUT")
    assert "bindings" not in cloud.request("GET", f"{TOPIC}:getIamPolicy")[1]


def notified(topic: str | None) -> dict[str, Any]:
    return {
        "pubsub": {"enabled": True, "filter": {"eventType": ["UPGRADE_EVENT"]}, **({"topic": topic} if topic else {})}
    }


REFUSED = [
    (None, "Must specify a non-empty Pub/Sub topic when Pub/Sub notification is enabled."),
    ("upgrades", "must have the format projects/{project}/topics/{topic}"),
    ("projects/other-project/topics/upgrades", f'must be in the project of the cluster, "{PROJECT}"'),
    (f"{NAME}-2", "does not exist"),
]


@pytest.mark.parametrize(("topic", "says"), REFUSED)
def test_a_cluster_sends_to_a_topic_that_is_there(network: RunningCloud, topic: str | None, says: str) -> None:
    """container.v1.json, NotificationConfig; terraform-google-kubernetes-engine#1338"""
    make(network, TOPIC, {}, verb="PUT")
    body = {"cluster": changed(CLUSTER, notificationConfig=notified(topic))}
    status, word, said = refused(network, "POST", CLUSTERS, body)
    assert (status, word) == (400, "INVALID_ARGUMENT")
    assert says in said
    make(network, CLUSTERS, {"cluster": CLUSTER})
    asked = {"update": {"desiredNotificationConfig": notified(topic)}}
    assert says in refused(network, "PUT", f"{CLUSTERS}/primary", asked)[2]


def test_a_cluster_keeps_its_notifications_whatever_becomes_of_the_topic(network: RunningCloud) -> None:
    make(network, TOPIC, {}, verb="PUT")
    make(network, CLUSTERS, {"cluster": changed(CLUSTER, notificationConfig=notified(NAME))})
    make(network, TOPIC, None, verb="DELETE")
    make(network, f"{CLUSTERS}/primary", {"update": {"desiredShieldedNodes": {"enabled": True}}}, verb="PUT")
    assert network.request("GET", f"{CLUSTERS}/primary")[1]["notificationConfig"] == notified(NAME)
