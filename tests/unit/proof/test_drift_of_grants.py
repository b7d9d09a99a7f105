"""What IAM grants beside the declared bindings: of what is ours to anybody, in the project to what is ours."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import read, stack_plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import (
    Bench,
    parse_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.grants import (
    Grants,
    Keys,
    Policy,
    grant_cells,
)

Binding = dict[str, Any]
NODE = "serviceAccount:net-node@p.iam.gserviceaccount.com"
POOL = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools"
BENCH = Bench("cloud", [], date(2026, 6, 1))
READER = "roles/secretmanager.secretAccessor"
HOURS = {"title": "hours", "expression": "request.time.getHours() < 18"}


def binding(role: str, *members: str, condition: dict[str, str] | None = None) -> Binding:
    return {"role": role, "members": list(members), **({"condition": condition} if condition else {})}


def grants(policy: Policy, *keys: Keys) -> Grants:
    return Grants("p", [policy], keys, frozenset({"net-node@p.iam.gserviceaccount.com"}))


def undeclared(own: bool, declared: list[Binding], live: list[Binding]) -> list[str]:
    """The grants that are named, as ROLE/MEMBER."""
    target = "secret_iam db" if own else "project_iam p"
    cells = list(grant_cells(BENCH, grants(Policy(target, own, declared, live)), []))
    assert all(cell.case == "undeclared" for cell in cells)
    if all(cell.verdict == "pass" for cell in cells):
        assert [cell.target for cell in cells] == [target]
        return []
    assert all(cell.verdict == "fail" and cell.target.startswith(f"{target}/") for cell in cells)
    return [cell.target.removeprefix(f"{target}/") for cell in cells]


MEMBERS: list[tuple[str, str, bool, bool]] = [
    # member                                     what it is                   named in the project, on what is ours
    (NODE, "a declared account", True, True),
    ("serviceAccount:p.svc.id.goog[shop/cart]", "a workload", True, True),
    (f"{POOL}/p.svc.id.goog/subject/ns/shop/sa/cart", "a workload as a principal", True, True),
    ("principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog/namespace/shop",
     "a namespace's workloads", True, True),
    (f"{POOL}/other.svc.id.goog/subject/ns/shop/sa/cart", "another project's workload", False, True),
    ("allUsers", "everybody", True, True),
    ("allAuthenticatedUsers", "everybody with an account", True, True),
    ("user:someone@example.org", "a person", False, True),
    ("serviceAccount:other@q.iam.gserviceaccount.com", "somebody's account", False, True),
    ("serviceAccount:1-compute@developer.gserviceaccount.com", "the default account of machines", False, True),
    ("serviceAccount:service-1@container-engine-robot.iam.gserviceaccount.com", "GKE's agent", False, False),
    ("serviceAccount:service-1@gcp-sa-artifactregistry.iam.gserviceaccount.com", "a registry's agent", False, False),
    ("serviceAccount:1@cloudservices.gserviceaccount.com", "the APIs' agent", False, False),
    ("serviceAccount:service-1@mine.iam.gserviceaccount.com", "an account named like an agent", False, True),
    (f"deleted:{NODE}?uid=1", "an account that was deleted", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("member", "what", "in_project", "on_ours"), MEMBERS, ids=[row[1] for row in MEMBERS])
def test_whose_grants_are_named(member: str, what: str, in_project: bool, on_ours: bool) -> None:
    live = [binding("roles/owner", member)]
    named = [f"roles/owner/{member}"]
    assert undeclared(False, [], live) == (named if in_project else []), what
    assert undeclared(True, [], live) == (named if on_ours else []), what


DECLARED = [binding(READER, NODE)]
ROLES: list[tuple[str, list[Binding], list[str]]] = [
    ("as declared", DECLARED, []),
    ("its address in capitals", [binding(READER, NODE.replace("net", "NET"))], []),
    ("nothing at all", [], []),
    ("another role", [*DECLARED, binding("roles/secretmanager.admin", NODE)], [f"roles/secretmanager.admin/{NODE}"]),
    ("another member", [binding(READER, NODE, "allUsers")], [f"{READER}/allUsers"]),
    ("the same on a condition", [*DECLARED, binding(READER, NODE, condition=HOURS)], [f"{READER} if hours/{NODE}"]),
]  # fmt: skip


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(("live", "named"), [row[1:] for row in ROLES], ids=[row[0] for row in ROLES])
def test_what_is_beside_the_declared_bindings(own: bool, live: list[Binding], named: list[str]) -> None:
    assert undeclared(own, DECLARED, live) == named


KEYS: list[tuple[str, dict[str, Any], bool]] = [
    ("Google's own", {"keyType": "SYSTEM_MANAGED"}, False),
    ("a downloaded one", {"keyType": "USER_MANAGED"}, True),
    ("one that is off", {"keyType": "USER_MANAGED", "disabled": True}, False),
]


@pytest.mark.parametrize(("fields", "named"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_keys_of_declared_accounts(fields: dict[str, Any], named: bool) -> None:
    keys = Keys("net-node", [{"name": "projects/p/serviceAccounts/net-node@p/keys/1a", **fields}])
    *_policies, cell = grant_cells(BENCH, grants(Policy("project_iam p", False), keys), [])
    target = "service_account_key net-node"
    assert (cell.verdict, cell.target) == (("fail", f"{target}/1a") if named else ("pass", target))


def test_what_could_not_be_read_is_not_known() -> None:
    policy = Policy("secret_iam db", True, unread="403 secretmanager.secrets.getIamPolicy is needed")
    (cell,) = grant_cells(BENCH, grants(policy), [])
    assert (cell.verdict, cell.reason) == ("inconclusive", policy.unread)


def test_a_grant_is_not_known_to_be_undeclared_while_a_plan_is_missing() -> None:
    policy = Policy("secret_iam db", True, [], [binding(READER, NODE)])
    (cell,) = grant_cells(BENCH, grants(policy), ["the secrets were not planned"])
    assert cell.verdict == "inconclusive"


def test_an_exception_excuses_one_member_of_one_role() -> None:
    entry = {"kind": "project_iam", "namespace": f"p/{READER}", "name": NODE, "reason": "a move", "until": "2030-12-31"}
    bench = Bench("cloud", parse_exceptions([entry]), date(2026, 6, 1))
    live = [binding(READER, NODE), binding("roles/owner", NODE)]
    cells = list(grant_cells(bench, grants(Policy("project_iam p", False, [], live)), []))
    assert [cell.target for cell in cells if cell.verdict == "fail"] == [f"project_iam p/roles/owner/{NODE}"]


def test_a_plan_keeps_the_bindings_of_its_policies() -> None:
    item = {"kind": "secret_iam", "name": "db", "secret": "db", "bindings": DECLARED}
    declared = read([stack_plan([item, {"kind": "secret", "name": "db"}], {})])
    assert declared.bindings == [({"kind": "secret_iam", "name": "db", "secret": "db"}, DECLARED)]
