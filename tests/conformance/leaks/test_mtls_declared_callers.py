"""Declared callers in a real mesh: what the policies really let through, beside what is declared."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from meshed import CALLER, PUSHED, TARGET, WORKLOAD, Meshed

from tests.support.meshed import authorization

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1200)]

WEB = {"namespace": CALLER, "service_account": WORKLOAD[CALLER], "methods": ["GET"], "paths": ["/ping", "/whoami"]}
GATEWAY = {"namespace": "istio-ingress", "service_account": "gateway", "methods": ["GET"], "paths": ["/ping"]}
DECLARED = [
    {"namespace": TARGET, "port": 8080, "callers": [WEB]},
    {"namespace": CALLER, "port": 8080, "callers": [GATEWAY]},  # nobody of the mesh's namespaces
]
Object = dict[str, Any]


def rule(caller: Object) -> Object:
    principal = f"pingpong.local/ns/{caller['namespace']}/sa/{caller['service_account']}"
    operation = {"methods": caller["methods"], "paths": caller["paths"]}
    return {"from": [{"source": {"principals": [principal]}}], "to": [{"operation": operation}]}


@contextmanager
def policies(mesh: Meshed, target: Sequence[Object], caller: Sequence[Object]) -> Iterator[None]:
    """AuthorizationPolicies of the two namespaces for the length of the block, then open to all again."""
    try:
        for namespace, rules in ((TARGET, target), (CALLER, caller)):
            mesh.client.apply(authorization(namespace, rules), force=True)
        time.sleep(PUSHED)
        yield
    finally:
        for namespace in (TARGET, CALLER):
            mesh.client.apply(authorization(namespace), force=True)
        time.sleep(PUSHED)


def requests(result: Object, verdict: str) -> set[tuple[str, str, str, str]]:
    """Who asked for what where, and what was expected of it."""
    return {
        (cell["source"], cell["target"], cell["case"].removeprefix("request "), cell["expected"])
        for cell in result["cells"]
        if cell["case"].startswith("request ") and cell["verdict"] == verdict
    }


API, FRONT = f"{TARGET}/api", f"{CALLER}/web"
FORBIDDEN_AT_API = {(FRONT, f"{API}:8080", "GET /undeclared-path", "forbidden")} | {
    (API, f"{API}:8080", f"GET {path}", "forbidden") for path in ("/ping", "/whoami", "/undeclared-path")
}
FORBIDDEN_AT_FRONT = {
    *(
        (name, f"{FRONT}:8080", f"GET {path}", "forbidden")
        for name in (API, FRONT)
        for path in ("/ping", "/undeclared-path")
    ),
    ("istio-ingress/gateway", f"{FRONT}:8080", "GET /undeclared-path", "forbidden"),
}
PERMITTED = {
    *((FRONT, f"{API}:8080", f"GET {path}", "permitted") for path in ("/ping", "/whoami")),
    ("istio-ingress/gateway", f"{FRONT}:8080", "GET /ping", "permitted"),
}


def test_policies_that_say_what_is_declared_pass(mesh: Meshed) -> None:
    with policies(mesh, [rule(WEB)], [rule(GATEWAY)]):
        result = mesh.check(declared_callers=DECLARED)
    assert result["short_of"] == ""
    assert requests(result, "pass") == FORBIDDEN_AT_API | FORBIDDEN_AT_FRONT | PERMITTED
    foreign = [cell for cell in result["cells"] if cell["case"].startswith("wrong_service_account")]
    assert {cell["target"] for cell in foreign} == {f"{API}:8080", f"{FRONT}:8080"}
    assert all("rbac.denied rose by" in cell["reason"] for cell in foreign)


def test_a_mesh_in_which_everybody_may_call_is_named_for_everybody_who_is_not_declared(mesh: Meshed) -> None:
    result = mesh.check(declared_callers=DECLARED)
    assert requests(result, "fail") == FORBIDDEN_AT_API | FORBIDDEN_AT_FRONT
    assert requests(result, "pass") == PERMITTED


def test_a_path_and_a_caller_too_many_and_one_too_few_are_named(mesh: Meshed) -> None:
    wide, narrow = {**WEB, "paths": ["/*"]}, {**GATEWAY, "paths": ["/other"]}
    with policies(mesh, [rule(wide)], [rule(narrow)]):
        result = mesh.check(declared_callers=DECLARED)
    assert requests(result, "fail") == {
        (FRONT, f"{API}:8080", "GET /undeclared-path", "forbidden"),
        ("istio-ingress/gateway", f"{FRONT}:8080", "GET /ping", "permitted"),
    }
