"""Each kind of resource through its life: create, no-op, change, immutable change, adopt, delete; check = real."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.registry import KINDS
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import locators
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from tests.support.engine import Engine, by_key, cases

CASES = cases()
PAYLOADS = {"one": "first-value", "two": "second-value"}
LOCATED = {"kind", "name", "key", *(place for kind in KINDS.values() for place in locators(kind))}


def test_every_kind_is_in_the_table() -> None:
    assert set(CASES) == set(KINDS)
    assert {name for name, case in CASES.items() if "immutable" in case} >= {n for n, k in KINDS.items() if k.immutable}


@pytest.fixture(params=sorted(CASES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stack(kind: str, **change: Any) -> list[dict[str, Any]]:
    case = copy.deepcopy(CASES[kind])
    return [*case.get("needs", []), {"kind": kind, "key": "it", **case["desired"], **change}]


def plan_of(result: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [(e["key"], e["action"], [field["field"] for field in e.get("fields", [])]) for e in result["resources"]]


def test_life(engine: Engine, kind: str) -> None:
    case = CASES[kind]
    desired, change = stack(kind), stack(kind, **case["change"])

    planned = engine(desired, check=True, payloads=PAYLOADS)
    assert planned["mutations"] == 0
    created = engine(desired, payloads=PAYLOADS)
    assert plan_of(planned) == plan_of(created)
    assert created["changed"]

    again = engine(desired, payloads=PAYLOADS)
    assert (again["changed"], again["mutations"]) == (False, 0)
    assert {step[1] for step in plan_of(again)} == {"none"}
    assert engine.info([{name: value for name, value in desired[-1].items() if name in LOCATED}])["it"]

    planned = engine(change, check=True, payloads=PAYLOADS)
    entry = by_key(planned, "it")
    assert entry["action"] == "update"
    assert set(case["fields"]) <= {field["field"] for field in entry["fields"]}
    assert planned["mutations"] == 0
    changed = engine(change, payloads=PAYLOADS)
    assert plan_of(planned) == plan_of(changed)
    assert changed["warnings"] == []
    assert engine(change, payloads=PAYLOADS)["mutations"] == 0

    planned = engine(change, check=True, state="absent")
    assert planned["mutations"] == 0
    removed = engine(change, state="absent")
    assert plan_of(planned) == plan_of(removed)
    if kind != "services":
        assert removed["changed"]
    assert engine(change, state="absent")["mutations"] == 0
    assert engine.stored() == []


@pytest.mark.parametrize("kind", sorted(name for name, case in CASES.items() if "immutable" in case))
def test_an_immutable_change_is_refused_before_anything_is_sent(engine: Engine, kind: str) -> None:
    engine(stack(kind), payloads=PAYLOADS)
    desired = stack(kind, **CASES[kind]["immutable"])
    assert by_key(engine(desired, check=True, payloads=PAYLOADS), "it")["action"] == "blocked"
    engine.cloud.admin("DELETE", "requests")
    with pytest.raises(PlatformError, match="cannot be changed once it exists"):
        engine(desired, payloads=PAYLOADS)
    assert engine.cloud.admin("GET", "requests")["by_class"].get("mutate", 0) == 0


def test_what_a_broken_run_made_is_adopted(engine: Engine, kind: str) -> None:
    """The request is carried out and its answer lost."""
    engine(stack(kind), payloads=PAYLOADS)
    expected = engine.stored()
    engine.cloud.admin("DELETE", "resources")
    needs = stack(kind)[:-1]
    if needs:
        engine(needs, payloads=PAYLOADS)
    engine.cloud.admin("POST", "faults", {"fault": "reset_after_commit", **_creation(kind)})
    result = engine(stack(kind), payloads=PAYLOADS)
    (struck,) = engine.cloud.admin("GET", "faults")["faults"]
    assert struck["seen"] > 0
    assert by_key(result, "it")["action"] in ("create", "update")
    assert engine.stored() == expected, "nothing is there twice"
    assert engine(stack(kind), payloads=PAYLOADS)["mutations"] == 0


@pytest.mark.parametrize("kind", sorted(name for name, kind in KINDS.items() if kind.labels))
def test_what_somebody_else_made_is_adopted(engine: Engine, kind: str) -> None:
    """It is changed where it differs, carries the owner's labels from then on, and keeps those that it had."""
    theirs = {KINDS[kind].labels: {"theirs": "1"}}
    engine(stack(kind, **theirs), payloads=PAYLOADS)
    before = engine.stored()
    desired = stack(kind)
    planned = engine(desired, check=True, labels={"owner": "t"}, payloads=PAYLOADS)
    fields = {field["field"] for field in by_key(planned, "it")["fields"]}
    assert f"{KINDS[kind].labels}.owner" in fields
    assert f"{KINDS[kind].labels}.theirs" not in fields
    adopted = engine(desired, labels={"owner": "t"}, payloads=PAYLOADS)
    assert plan_of(adopted) == plan_of(planned)
    assert by_key(adopted, "it")["action"] == "update"
    assert engine.stored() == before
    assert engine(stack(kind, **theirs), labels={"owner": "t"}, payloads=PAYLOADS)["mutations"] == 0


def _creation(kind: str) -> dict[str, str]:
    """Which request makes the resource."""
    if kind in ("admission_policy", "bucket_iam"):
        return {"method": "PUT"}
    return {"method": KINDS[kind].create_method, "path": "setIamPolicy|batchEnable" if KINDS[kind].planner else ""}


def test_secrets_are_never_shown(engine: Engine) -> None:
    for desired in (stack("secret_version"), stack("secret_version", payload_from="two")):
        text = str(engine(desired, payloads=PAYLOADS))
        assert not [value for value in PAYLOADS.values() if value in text]
        assert "Zmlyc3Q" not in text
