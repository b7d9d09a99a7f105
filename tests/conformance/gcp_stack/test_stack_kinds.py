"""Each kind of resource through its life: create, no-op, change, immutable change, adopt, delete; check = real."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.registry import KINDS
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from tests.support.engine import Engine, by_key, cases

CASES = cases()
PAYLOADS = {"one": "first-value", "two": "second-value"}
POLICIES = [name for name, kind in KINDS.items() if kind.planner]


def test_every_kind_is_in_the_table() -> None:
    assert set(CASES) == set(KINDS)


@pytest.fixture(params=sorted(CASES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stack(kind: str, **change: Any) -> list[dict[str, Any]]:
    case = copy.deepcopy(CASES[kind])
    return [*case.get("needs", []), {"kind": kind, "key": "it", **case["wish"], **change}]


def plan_of(result: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [(e["key"], e["action"], [field["field"] for field in e.get("fields", [])]) for e in result["resources"]]


def test_life(engine: Engine, kind: str) -> None:
    case = CASES[kind]
    wish, change = stack(kind), stack(kind, **case["change"])

    planned = engine(wish, check=True, payloads=PAYLOADS)
    assert planned["mutations"] == 0
    created = engine(wish, payloads=PAYLOADS)
    assert plan_of(planned) == plan_of(created)
    assert created["changed"]

    again = engine(wish, payloads=PAYLOADS)
    assert (again["changed"], again["mutations"]) == (False, 0)
    assert {step[1] for step in plan_of(again)} == {"none"}

    planned = engine(change, check=True, payloads=PAYLOADS)
    entry = by_key(planned, "it")
    assert entry["action"] == "update"
    assert set(case["fields"]) <= {field["field"] for field in entry["fields"]}
    assert planned["mutations"] == 0
    changed = engine(change, payloads=PAYLOADS)
    assert plan_of(planned) == plan_of(changed)
    assert changed["warnings"] == []
    assert engine(change, payloads=PAYLOADS)["mutations"] == 0

    removed = engine(change, state="absent", payloads=PAYLOADS)
    if kind != "services":
        assert removed["changed"]
    assert engine(change, state="absent", payloads=PAYLOADS)["mutations"] == 0
    assert engine.stored() == []


def test_an_immutable_change_is_refused_before_anything_is_sent(engine: Engine, kind: str) -> None:
    immutable = CASES[kind].get("immutable")
    if immutable is None:
        pytest.skip("every field of this kind can be changed")
    engine(stack(kind), payloads=PAYLOADS)
    wish = stack(kind, **immutable)
    assert by_key(engine(wish, check=True, payloads=PAYLOADS), "it")["action"] == "blocked"
    engine.cloud.admin("DELETE", "requests")
    with pytest.raises(PlatformError, match="cannot be changed once it exists"):
        engine(wish, payloads=PAYLOADS)
    assert engine.cloud.admin("GET", "requests")["by_class"].get("mutate", 0) == 0


def test_what_a_broken_run_made_is_adopted(engine: Engine, kind: str) -> None:
    """The request is carried out and its answer lost."""
    api = {"cluster": "container.*.create"}.get(kind, "")
    needs = stack(kind)[:-1]
    if needs:
        engine(needs, payloads=PAYLOADS)
    engine.cloud.admin(
        "POST", "faults", {"fault": "reset_after_commit", "method": "POST", "api": api, "path": _target(kind)}
    )
    result = engine(stack(kind), payloads=PAYLOADS)
    assert by_key(result, "it")["action"] in ("create", "update")
    assert engine(stack(kind), payloads=PAYLOADS)["mutations"] == 0


def _target(kind: str) -> str:
    return "" if not KINDS[kind].planner else "setIamPolicy|batchEnable|/iam"


def test_secrets_are_never_shown(engine: Engine) -> None:
    for wish in (stack("secret_version"), stack("secret_version", payload_from="two")):
        text = str(engine(wish, payloads=PAYLOADS))
        assert not [value for value in PAYLOADS.values() if value in text]
        assert "Zmlyc3Q" not in text
