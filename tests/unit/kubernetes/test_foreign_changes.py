"""What another manager wrote between reading and applying is no part of our change."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import changed_fields, comparable
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.foreign_changes import (
    with_foreign_changes,
)

IMAGE = 'k:{"name":"app"}'
OURS = {
    "manager": "pingpong.platform",
    "operation": "Apply",
    "apiVersion": "apps/v1",
    "fieldsV1": {
        "f:metadata": {"f:annotations": {"f:ours": {}}},
        "f:spec": {"f:replicas": {}, "f:containers": {IMAGE: {".": {}, "f:name": {}, "f:image": {}}}},
    },
}
BEFORE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d", "annotations": {"ours": "1"}, "managedFields": [OURS]},
    "spec": {"replicas": 1, "containers": [{"name": "app", "image": "app:1"}]},
}


def theirs(fields: dict[str, Any], manager: str = "kube-controller-manager") -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "subresource": "status", "fieldsV1": fields}


def applied(entry: dict[str, Any]) -> dict[str, Any]:
    """The object after our apply of image 2, and of another manager's entry."""
    after = copy.deepcopy(BEFORE)
    after["spec"]["containers"][0]["image"] = "app:2"
    after["metadata"]["managedFields"] = [OURS, entry]
    return after


def fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return changed_fields(comparable(with_foreign_changes(before, after)), comparable(after))


OUR_CHANGE = ["spec.containers[0].image"]


def test_a_revision_that_a_controller_wrote() -> None:
    after = applied(theirs({"f:metadata": {"f:annotations": {".": {}, "f:revision": {}}}}))
    after["metadata"]["annotations"]["revision"] = "1"
    assert fields(BEFORE, after) == OUR_CHANGE


def test_a_whole_map_an_item_of_a_list_and_a_member_of_a_set() -> None:
    after = applied(
        theirs(
            {
                "f:metadata": {"f:labels": {".": {}, "f:a": {}}, "f:finalizers": {".": {}, 'v:"hold"': {}}},
                "f:spec": {"f:containers": {'k:{"name":"sidecar"}': {".": {}, "f:name": {}}}},
            }
        )
    )
    after["metadata"] |= {"labels": {"a": "b"}, "finalizers": ["hold"]}
    after["spec"]["containers"].insert(0, {"name": "sidecar"})
    assert fields(BEFORE, after) == ["spec.containers[1].image"]


def test_a_field_of_an_item_that_is_ours() -> None:
    after = applied(theirs({"f:spec": {"f:containers": {IMAGE: {"f:tty": {}}}}}))
    after["spec"]["containers"][0]["tty"] = True
    assert fields(BEFORE, after) == OUR_CHANGE


@pytest.mark.parametrize(
    "entry",
    [
        theirs({"f:spec": {"f:containers": {IMAGE: {"f:image": {}}}}}),
        theirs({"f:spec": {"f:containers": {IMAGE: {"f:image": {}}}}}, manager="pingpong.platform"),
        theirs({"f:spec": {"f:containers": {}}}),
        theirs({"f:status": {"f:replicas": {}}}),
        theirs({"f:spec": {"f:containers": {'k:{"name":"gone"}': {"f:image": {}}}}}),
        {"manager": "kubectl", "operation": "Update"},
    ],
    ids=[
        "owned by both",
        "written under our name by a webhook",
        "a list that is partly ours",
        "nothing that is here",
        "an item that is gone again",
        "an entry without fields",
    ],
)
def test_our_own_change_stays_ours(entry: dict[str, Any]) -> None:
    assert fields(BEFORE, applied(entry)) == OUR_CHANGE


def test_what_they_had_written_before_our_reading_is_compared_as_it_is() -> None:
    """Our apply may change a field that another manager owns too, or once owned."""
    entry = theirs({"f:spec": {"f:containers": {IMAGE: {"f:tty": {}}}}})
    before = copy.deepcopy(BEFORE)
    before["metadata"]["managedFields"] = [OURS, entry]
    before["spec"]["containers"][0]["tty"] = True
    assert fields(before, applied(entry)) == ["spec.containers[0].image", "spec.containers[0].tty"]


def test_what_is_given_is_not_changed() -> None:
    after = applied(theirs({"f:metadata": {"f:annotations": {"f:revision": {}}}}))
    after["metadata"]["annotations"]["revision"] = "1"
    given = copy.deepcopy(BEFORE)
    with_foreign_changes(given, after)
    assert given == BEFORE
