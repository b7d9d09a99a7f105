"""What counts as a difference between desired and live."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import (
    changed_fields,
    comparable,
    drift,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import DESIRED_HASH, FIELD_MANAGER
from hypothesis import given
from hypothesis import strategies as st

DESIRED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d", "namespace": "n", "labels": {"a": "b"}, "annotations": {DESIRED_HASH: "1"}},
    "spec": {
        "replicas": 1,
        "paused": False,
        "containers": [{"name": "app", "ports": [{"containerPort": 80}], "limits": {"cpu": "0.5"}, "volume": {}}],
        "members": ["x", "y"],
        "command": ["run", "it"],
        "empty": {},
    },
}
OWNED: dict[str, Any] = {
    "f:metadata": {"f:labels": {"f:a": {}}, "f:annotations": {f"f:{DESIRED_HASH}": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:paused": {},
        "f:empty": {},
        "f:containers": {
            'k:{"name":"app"}': {
                ".": {},
                "f:name": {},
                "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                "f:limits": {"f:cpu": {}},
                "f:volume": {},
            }
        },
        "f:members": {'v:"x"': {}, 'v:"y"': {}},
        "f:command": {},
    },
}


def live() -> dict[str, Any]:
    """DESIRED as a server keeps it: with defaults, another manager's additions, its own spelling."""
    made = copy.deepcopy(DESIRED)
    made["metadata"] |= {
        "uid": "u",
        "resourceVersion": "7",
        "managedFields": [
            {"manager": "kubelet", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {}},
            {
                "manager": FIELD_MANAGER,
                "operation": "Apply",
                "apiVersion": "apps/v1",
                "fieldsV1": copy.deepcopy(OWNED),
            },
        ],
    }
    spec = made["spec"]
    del spec["paused"], spec["empty"]
    spec["added"] = "by the server"
    spec["containers"][0]["ports"][0]["protocol"] = "TCP"
    spec["containers"][0]["limits"]["cpu"] = "500m"
    spec["containers"].insert(0, {"name": "sidecar"})
    spec["members"] = ["z", "y", "x"]
    return made


def test_what_a_server_adds_and_rewrites_is_no_drift() -> None:
    assert drift(DESIRED, live(), ManagerPolicy()) is None


def at(obj: Any, path: str) -> tuple[Any, Any]:
    """The container and key that a dotted path leads to."""
    parts: list[Any] = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parts[:-1]:
        obj = obj[part]
    return obj, parts[-1]


SPEC = "metadata/managedFields/1/fieldsV1/f:spec/"
CHANGES: dict[str, tuple[str, Any, str]] = {
    "a scalar": ("spec/replicas", 2, "spec.replicas differs"),
    "a label": ("metadata/labels/a", "c", "metadata.labels.a differs"),
    "true for 1": ("spec/replicas", True, "spec.replicas differs"),
    "a field is gone": ("spec/replicas", ..., "spec.replicas is missing"),
    "the item of a map-like list is gone": ("spec/containers/1", ..., "spec.containers[app] is missing"),
    "a port": ("spec/containers/1/ports/0/containerPort", 81, "spec.containers[app].ports[80,TCP] is missing"),
    "another amount": ("spec/containers/1/limits/cpu", "501m", "spec.containers[app].limits.cpu differs"),
    "a member of a set": ("spec/members/2", "w", "spec.members: 'x' is missing"),
    "the order of an atomic list": ("spec/command", ["it", "run"], "spec.command[0] differs"),
    "the length of an atomic list": ("spec/command", ["run"], "spec.command has another length"),
    "the hash": (
        f"metadata/annotations/{DESIRED_HASH.replace('/', '~')}",
        "2",
        "another desired state was applied last",
    ),
    "a field is another's": (f"{SPEC}f:replicas", ..., "spec.replicas is no longer owned"),
    "an item is another's": (f'{SPEC}f:containers/k:{{"name":"app"}}', ..., "spec.containers has another length"),
    "an empty value that somebody removed": (f"{SPEC}f:paused", ..., "spec.paused is missing"),
    "an empty map that somebody removed": (f"{SPEC}f:empty", ..., "spec.empty is missing"),
    "a field that we own and no longer declare": (f"{SPEC}f:tty", {}, "spec.tty is no longer declared"),
    "our apply is gone": ("metadata/managedFields/1", ..., "not applied by this collection in this API version"),
    "our apply was of another version": (
        "metadata/managedFields/1/apiVersion",
        "apps/v1beta1",
        "not applied by this collection in this API version",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_drift(change: str) -> None:
    path, value, reason = CHANGES[change]
    changed = live()
    container, key = at(changed, path)
    key = key.replace("~", "/") if isinstance(key, str) else key
    if value is ...:
        del container[key]
    else:
        container[key] = value
    assert drift(DESIRED, changed, ManagerPolicy()) == reason


def test_comparable_leaves_out_what_the_server_counts() -> None:
    shown = comparable(live() | {"status": {"replicas": 1}})
    assert shown is not None
    assert "status" not in shown
    assert set(shown["metadata"]) == {"name", "namespace", "labels", "annotations"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_changed_fields_is_empty_exactly_for_equal_values(one: Any, other: Any) -> None:
    assert changed_fields(one, one) == []
    assert (changed_fields(one, other) == []) == (repr(one) == repr(other) or _equal(one, other))


def _equal(one: Any, other: Any) -> bool:
    """Equal as JSON is: True is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and bool(one == other)
