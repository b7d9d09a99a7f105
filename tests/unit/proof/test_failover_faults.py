"""What a drill changes to take a region away, and that it can be put back: pure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover import mesh
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.choose import deny_all, failing
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.merge_patch import (
    merge_patch,
    shows,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import ReplicaState
from hypothesis import given, settings
from hypothesis import strategies as st

values = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def merge(target: Any, patch: Any) -> Any:
    """As RFC 7396 has it, in so many words."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


@settings(deadline=None)
@given(objects, objects)
def test_a_merge_patch_leads_from_one_value_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = merge_patch(before, after)
    assert merge(before, patch) == after
    assert shows(after, patch)
    assert merge_patch(after, after) == {}


@pytest.mark.parametrize(
    ("live", "patch", "expected"),
    [
        ({"ingress": [], "podSelector": {}}, {"ingress": []}, True),
        ({"podSelector": {}}, {"ingress": [], "egress": None}, True),
        ({"ingress": [{}]}, {"ingress": []}, False),
        ({"egress": [{}]}, {"egress": None}, False),
        ({"default": {"path": "/x", "port": 1}}, {"default": {"path": "/x"}}, True),
        ({"default": {"path": "/y"}}, {"default": {"path": "/x"}}, False),
        ({}, {"default": {"path": "/x"}}, False),
    ],
)
def test_whether_a_fault_still_shows(live: dict[str, Any], patch: dict[str, Any], expected: bool) -> None:
    assert shows(live, patch) is expected


def test_no_pod_that_a_policy_selects_is_reached_or_reaches_anything() -> None:
    spec = {"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress"], "ingress": [{}]}
    expected = {"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress", "Egress"]}
    assert deny_all(spec) == {**expected, "ingress": [], "egress": []}


def health_policy(**config: Any) -> dict[str, Any]:
    return {"kind": "HealthCheckPolicy", "metadata": {"namespace": "n", "name": "p"},
            "spec": {"default": {"checkIntervalSec": 5, "config": config}, "targetRef": {"name": "s"}}}  # fmt: skip


@pytest.mark.parametrize("kind", ["HTTP", "HTTPS", "HTTP2"])
def test_a_health_check_asks_for_what_nobody_has(kind: str) -> None:
    field = f"{kind.lower()}HealthCheck"
    policy = health_policy(type=kind, **{field: {"port": 15021, "requestPath": "/healthz/ready"}})
    assert merge_patch(policy["spec"], failing(policy)) == {
        "default": {"config": {field: {"requestPath": "/failover-drill"}}}
    }
    assert policy["spec"]["default"]["config"][field]["requestPath"] == "/healthz/ready"


@pytest.mark.parametrize(("config", "found"), [({"type": "TCP"}, "TCP"), ({}, "nothing")])
def test_a_health_check_that_asks_for_nothing_is_refused(config: dict[str, Any], found: str) -> None:
    with pytest.raises(PlatformError, match=f"HealthCheckPolicy n/p: found a health check of type {found}"):
        failing(health_policy(**config))


@pytest.mark.parametrize(
    ("state", "seen", "lack"),
    [
        (ReplicaState(2, 2, None), "2 of 2 replicas are ready", ""),
        (ReplicaState(2, 1, None), "1 of 2 replicas are ready", "not every replica is ready"),
        (ReplicaState(0, 0, None), "0 of 0 replicas are ready", "not every replica is ready"),
        (ReplicaState(0, 0, 2), "0 of 0 replicas are ready", "2 replicas are not restored; state restored does it"),
    ],
)
def test_a_deployment_is_back_when_every_replica_is_ready(state: ReplicaState, seen: str, lack: str) -> None:
    assert (state.restoration().seen, state.restoration().lack) == (seen, lack)


def test_a_mesh_that_could_not_be_looked_at_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_options: Any) -> dict[str, Any]:
        raise PlatformError("no signing key")

    monkeypatch.setattr(mesh.mtls, "run", fail)
    looked, never = mesh.Mesh({"cluster": "two"}), mesh.Mesh({"cluster": "two"})
    looked.look()
    assert [(cell.verdict, cell.reason) for cell in looked.cells()] == [("inconclusive", "no signing key")]
    assert [cell.verdict for cell in never.cells()] == ["inconclusive"]
    none = mesh.Mesh(None)
    none.look()
    assert none.cells() == []
