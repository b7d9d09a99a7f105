"""Declared callers: who may ask a port for what, held against what is answered, whatever the policies say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt, plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.declared import Request, parse_declared
from mtls_support import ADDRESS_A, ADDRESS_B, cells, fallen, observed, secure, spiffe, topology

A_MAY = {"namespace": "a", "service_account": "a", "methods": ["GET"], "paths": ["/whoami", "/ping"]}
SCRAPER = {"namespace": "monitoring", "service_account": "prometheus", "methods": ["GET"], "paths": ["/metrics"]}
GATEWAY = {"namespace": "ingress", "service_account": "gateway"}
DECLARED: list[dict[str, Any]] = [
    {"namespace": "b", "port": 8080, "callers": [A_MAY]},
    {"namespace": "b", "port": 9080, "callers": [SCRAPER]},
    {"namespace": "a", "port": 8080, "callers": [GATEWAY]},
]


def declaring() -> Any:
    return topology(declared=parse_declared(DECLARED))


def authorized(attempt: Attempt) -> Exchange:
    """A mesh whose policies agree with what is declared."""
    answer = secure(attempt)
    name = spiffe(attempt.target.workload.namespace)
    if attempt.case.expected == "permitted":
        return Exchange(True, "done", None, 60, 200, True, "TLSv1.3", "x", True, (name,))
    if attempt.case.expected == "forbidden":
        return Exchange(True, "done", None, 19, 403, False, "TLSv1.3", "x", True, (name,), body="RBAC: access denied")
    return answer


def judged(answer: Callable[[Attempt], Exchange] = authorized, **risen: int) -> list[Cell]:
    return cells(observed(answer, of=declaring(), risen={name.replace("__", "."): n for name, n in risen.items()}))


def test_a_mesh_that_agrees_with_what_is_declared_passes() -> None:
    assert fallen(judged()) == set()


def test_every_identity_tries_every_request_and_a_path_that_nobody_declared() -> None:
    found = {
        (cell.source, cell.target, cell.case.removeprefix("request ")): cell.expected
        for cell in judged() if cell.case.startswith("request ")
    }  # fmt: skip
    assert found == {
        ("a/a", "b/b:8080", "GET /whoami"): "permitted",
        ("a/a", "b/b:8080", "GET /ping"): "permitted",
        ("a/a", "b/b:8080", "GET /undeclared-path"): "forbidden",
        **{("b/b", "b/b:8080", f"GET {path}"): "forbidden" for path in ("/whoami", "/ping", "/undeclared-path")},
        **{(who, "b/b:9080", f"GET {path}"): "forbidden"
           for who in ("a/a", "b/b") for path in ("/metrics", "/undeclared-path")},
        ("monitoring/prometheus", "b/b:9080", "GET /metrics"): "permitted",
        ("monitoring/prometheus", "b/b:9080", "GET /undeclared-path"): "forbidden",
        **{(who, "a/a:8080", f"GET {path}"): "forbidden"
           for who in ("a/a", "b/b") for path in ("/", "/undeclared-path")},
        ("ingress/gateway", "a/a:8080", "GET /"): "permitted",
        ("ingress/gateway", "a/a:8080", "GET /undeclared-path"): "permitted",  # it may ask for anything
    }  # fmt: skip


def test_a_foreign_service_account_is_tried_wherever_callers_are_declared_and_nowhere_else() -> None:
    tried = {(a.target.address, a.port) for a in plan(declaring()) if a.case.name == "wrong_service_account"}
    assert tried == {(ADDRESS_B, 8080), (ADDRESS_B, 9080), (ADDRESS_A, 8080)}
    assert not [a for a in plan(topology()) if a.case.name in ("wrong_service_account", "request")]


def test_who_is_not_declared_is_not_expected_to_be_answered_through_its_sidecar_either() -> None:
    found = {(cell.source, cell.target, cell.case) for cell in judged() if cell.case.endswith("via_sidecar")}
    assert ("a/a", "b/b:8080", "valid_via_sidecar") in found
    assert not {cell for cell in judged() if cell.case.startswith("valid/") and cell.target == "a/a:8080"}


@pytest.mark.parametrize(
    ("wrong", "change", "verdict"),
    [
        ("forbidden", {"status": 200}, "fail"),
        ("forbidden", {"status": 404}, "fail"),
        ("forbidden", {"error": "timeout", "status": None, "bytes_received": 0}, "inconclusive"),
        ("forbidden", {"peer_names": ()}, "inconclusive"),
        ("permitted", {"status": 403}, "fail"),
        ("permitted", {"status": 404}, "pass"),
        ("permitted", {"status": 500, "body": "simulated failure"}, "pass"),
        ("permitted", {"status": 503, "nonce_returned": False, "body": "no healthy upstream"}, "inconclusive"),
        ("permitted", {"peer_names": ("spiffe://x",)}, "fail"),
        ("permitted", {"connected": False, "error": "timeout"}, "inconclusive"),
    ],
)
def test_what_is_answered_decides(wrong: str, change: dict[str, Any], verdict: str) -> None:
    def answer(attempt: Attempt) -> Exchange:
        found = authorized(attempt)
        return replace(found, **change) if attempt.case.expected == wrong and attempt.request else found

    found = [cell for cell in judged(answer) if cell.expected == wrong and cell.case.startswith("request ")]
    assert found and {cell.verdict for cell in found} == {verdict}


def test_a_refusal_that_the_server_did_not_count_is_inconclusive() -> None:
    found = [cell for cell in judged(rbac__denied=1) if cell.expected == "forbidden"]
    assert found and {cell.verdict for cell in found} == {"inconclusive"}
    assert all("rbac.denied rose by 1" in cell.reason for cell in found)


@pytest.mark.parametrize(
    ("caller", "request_", "permitted"),
    [
        (A_MAY, Request("GET", "/ping"), True),
        (A_MAY, Request("POST", "/ping"), False),
        (A_MAY, Request("GET", "/ping/more"), False),
        ({**A_MAY, "paths": ["/static/*"]}, Request("GET", "/static/x"), True),
        ({**A_MAY, "paths": ["*.css"]}, Request("GET", "/x.css"), True),
        ({**A_MAY, "paths": []}, Request("GET", "/any"), True),
        ({**A_MAY, "methods": []}, Request("DELETE", "/ping"), True),
    ],
)
def test_methods_and_paths_are_taken_as_policies_take_them(
    caller: dict[str, Any], request_: Request, permitted: bool
) -> None:
    (service,) = parse_declared([{"namespace": "b", "port": 8080, "callers": [caller]}])
    assert service.callers[0].permits(request_) is permitted


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ([{**DECLARED[0], "callers": [{**A_MAY, "paths": ["ping"]}]}], r"callers\[0\]\.paths: found 'ping'"),
        ([DECLARED[0], DECLARED[0]], r"declared_callers\[1\]: found b:8080 again"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(declared: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        parse_declared(declared)
