"""What Argo Rollouts writes inside our objects is its own; everything around it is ours."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError, Cause
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.conflicts import only_shared
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.shared_fields import (
    with_shared_values,
)


def route(*weights: int | None, timeout: str = "5s", hosts: tuple[str, str] = ("stable", "canary")) -> dict[str, Any]:
    destinations = [
        {"destination": {"host": host}, **({} if weight is None else {"weight": weight})}
        for host, weight in zip(hosts, weights, strict=True)
    ]
    http = [{"name": "ping", "timeout": timeout, "route": destinations}, {"name": "other", "redirect": {"uri": "/"}}]
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "spec": {"hosts": ["a"], "http": http}}


def service(**selector: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"app": "a", **selector}}}


HASH = {"rollouts-pod-template-hash": "6d"}
OTHER = {"apiVersion": "example.org/v1", "kind": "VirtualService", "spec": {"http": [{"name": "ping"}]}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "weights are the live ones": (route(100, 0), route(80, 20), route(80, 20)),
    "a weight of zero is left out by the server": (route(100, 0), route(None, 100), route(0, 100)),
    "what is beside them is ours": (route(100, 0, timeout="9s"), route(80, 20), route(80, 20, timeout="9s")),
    "a weight that is not declared is a difference": (route(None, None), route(80, 20), route(None, None)),
    "a destination that is not declared is a difference": (
        route(100, 0),
        route(0, 100, hosts=("stable", "elsewhere")),
        route(0, 0),
    ),
    "the hash of a selector": (service(), service(**HASH), service(**HASH)),
    "another label of a selector is a difference": (service(), service(tier="x"), service()),
    "a hash that is declared": (service(**HASH), service(**{"rollouts-pod-template-hash": "7e"}), service(**HASH)),
    "another group's kind": (OTHER, route(80, 20), OTHER),
}


@pytest.mark.parametrize("case", CASES)
def test_shared_values(case: str) -> None:
    desired, live, expected = CASES[case]
    before = copy.deepcopy(desired)
    assert with_shared_values(desired, live) == expected
    assert desired == before


CONFLICTS = {
    "the controller's, over the routes": ("rollouts-controller", ".spec.http", route(80, 20), True),
    "the controller's, over a selector": ("rollouts-controller", ".spec.selector", service(), True),
    "the controller's, over anything else": ("rollouts-controller", ".spec.hosts", route(80, 20), False),
    "another controller's": ("flagger-controller", ".spec.http", route(80, 20), False),
    "of a kind that is not shared": ("rollouts-controller", ".spec.http", OTHER, False),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_a_conflict_over_a_shared_field_is_ours_to_settle(case: str) -> None:
    manager, field, obj, shared = CONFLICTS[case]
    cause = Cause("FieldManagerConflict", f'conflict with "{manager}" using v1', field)
    assert only_shared(obj, ApiError("conflict", status=409, reason="Conflict", causes=(cause,))) is shared
