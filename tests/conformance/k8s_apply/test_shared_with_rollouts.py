"""The hash that Argo Rollouts puts into a Service's selector stays, and all around it is as declared."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.conflicts import FieldConflict

from tests.support.layers import Harness, actions

HASH = {"rollouts-pod-template-hash": "6d"}


def service(**labels: str) -> dict[str, Any]:
    spec = {"selector": {"app": "s", **labels}, "ports": [{"name": "http", "port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}


def selector(layer: Harness) -> dict[str, str]:
    found = layer.get("Service", "s")
    assert found is not None
    return dict(found["spec"]["selector"])


@pytest.fixture
def shared(layer: Harness) -> Harness:
    layer.apply(service())
    layer.edit("Service", "s", {"spec": {"selector": HASH}}, manager="rollouts-controller")
    return layer


@pytest.mark.parametrize("check_mode", [True, False], ids=["check mode", "for real"])
def test_it_is_no_change(shared: Harness, check_mode: bool) -> None:
    assert not shared.apply(service(), check_mode=check_mode)["changed"]
    assert selector(shared) == {"app": "s", **HASH}


def test_what_is_declared_anew_beside_it_is_applied(shared: Harness) -> None:
    assert actions(shared.apply(service(tier="web"), check_mode=True)) == {"s": "updated"}
    assert actions(shared.apply(service(tier="web"))) == {"s": "updated"}
    assert selector(shared) == {"app": "s", "tier": "web", **HASH}
    assert not shared.apply(service(tier="web"))["changed"]


def test_what_a_person_adds_beside_it_is_reverted(shared: Harness) -> None:
    shared.edit("Service", "s", {"spec": {"selector": {"tier": "web"}}}, manager="kubectl-edit")
    assert actions(shared.apply(service())) == {"s": "updated"}
    assert selector(shared) == {"app": "s", **HASH}


def test_what_another_controller_changes_is_still_a_conflict(shared: Harness) -> None:
    shared.edit("Service", "s", {"spec": {"selector": {"tier": "web"}}}, manager="flagger-controller")
    with pytest.raises(FieldConflict, match="flagger-controller"):
        shared.apply(service())
