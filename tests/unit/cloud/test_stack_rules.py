"""Order, references, protection in removal, errors classified, and how a cluster is reached."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.auth import tokens
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import (
    ApiError,
    BrokenError,
    RateError,
    parse_error,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.cluster_connection import by_iap, choose
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.graph import dependencies, ordered
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import parse_all
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import plan_removal, plan_stack
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import run_stack
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

NETWORK = {"kind": "network", "name": "n"}
ACCOUNT = {"kind": "service_account", "name": "nodes"}
CLUSTER = {"kind": "cluster", "name": "c", "location": "l", "nodePools": [{"name": "main"}]}
POOL = {"kind": "node_pool", "name": "main", "location": "l", "cluster": "c"}
ADDRESS = {"kind": "address", "name": "a", "region": "r"}
POLICY = {"kind": "project_iam", "name": "i"}
RULE = {"kind": "firewall", "name": "f"}
ARMOR = {"kind": "security_policy", "name": "a", "region": "r"}
RECORD = {"kind": "dns_record", "name": "x.", "zone": "z", "type": "A"}

NEEDS: list[tuple[str, list[dict[str, Any]], str, set[str]]] = [
    (
        "a reference",
        [NETWORK, {"kind": "firewall", "name": "f", "network": "${network/n}"}],
        "firewall/f",
        {"network/n"},
    ),
    (
        "a path in a body",
        [NETWORK, {"kind": "firewall", "name": "f", "network": "global/networks/n"}],
        "firewall/f",
        {"network/n"},
    ),
    (
        "an account's email",
        [ACCOUNT, {**POOL, "config": {"serviceAccount": "nodes@p.iam.gserviceaccount.com"}}],
        "node_pool/main",
        {"service_account/nodes"},
    ),
    ("a place below another resource", [CLUSTER, POOL], "node_pool/main", {"cluster/c"}),
    (
        "an API that is enabled",
        [{"kind": "services", "name": "s", "serviceIds": ["compute.googleapis.com"]}, NETWORK],
        "network/n",
        {"services/s"},
    ),
    ("what is said", [NETWORK, {**ADDRESS, "depends": ["network/n"]}], "address/a", {"network/n"}),
]


@pytest.mark.parametrize(("items", "key", "needs"), [row[1:] for row in NEEDS], ids=[row[0] for row in NEEDS])
def test_order(items: list[dict[str, Any]], key: str, needs: set[str]) -> None:
    assert dependencies(parse_all(items, "p", {}))[key] == needs


def test_a_circle_is_named() -> None:
    with pytest.raises(OptionError, match=r"in a circle: .*address/a.*address/b"):
        ordered({"address/a": {"address/b"}, "address/b": {"address/a"}})


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([{"kind": "netwrk", "name": "n"}], "unknown kind 'netwrk'; the kinds are"),
        ([{"kind": "network"}], "a network has no name"),
        ([{"kind": "address", "name": "a"}], "address/a: region is required"),
        ([NETWORK, NETWORK], "network/n is there twice; give one of them a key"),
        (
            [NETWORK, {**NETWORK, "key": "other"}],
            "network/n and other are both compute/v1/projects/p/global/networks/n",
        ),
        ([{**ADDRESS, "depends": "network/n"}], "address/a: depends must be a list of keys (found 'network/n')"),
        ([{**ADDRESS, "labels": "x"}], "address/a: labels must be a dictionary (found 'x')"),
        ([{**RULE, "logConfig": True}], "firewall/f: logConfig must be a dictionary (found True)"),
        ([{**ARMOR, "rules": [{"priority": [1]}]}], "security_policy/a: rules: priority must be a text or a number"),
        (
            [{**ARMOR, "rules": [{"priority": 7}, {"priority": "7"}]}],
            "security_policy/a: rules: priority 7 is there twice",
        ),
        ([{**CLUSTER, "nodePools": [{"name": "x"}, {"name": "x"}]}], "cluster/c: nodePools: name x is there twice"),
        ([{**CLUSTER, "nodePools": {"name": "x"}}], "cluster/c: nodePools must be a list of objects (found {'name'"),
        ([{**ADDRESS, "subnetwork": "${subnet}"}], "address/a: ${subnet} is no reference; expected ${kind/name}"),
        ([{**POLICY, "bindngs": []}], "project_iam/i: bindngs is unknown; the fields are bindings, mode"),
        ([{**POLICY, "bindings": [{"members": []}]}], "project_iam/i: bindings[0] must have a role and members"),
        ([{**POLICY, "bindings": [{"role": "r", "members": "user:x"}]}], "bindings[0].members must be a list"),
        (
            [{**POLICY, "bindings": [{"role": "r", "members": [], "condition": "x"}]}],
            "bindings[0].condition must have an expression and a title (found 'x')",
        ),
        ([{**RECORD, "rrdata": ["192.0.2.1"]}], "dns_record/x.: rrdata is unknown; the fields are type, ttl"),
        (
            [{**RECORD, "rrdatas": ["192.0.2.1"], "routingPolicy": {"wrr": {}}}],
            "dns_record/x.: rrdatas and routingPolicy are both there",
        ),
        (
            [{"kind": "firewall", "name": "f", "network": "${network/x}"}],
            "it refers to network/x, which is not in the stack",
        ),
    ],
)
def test_malformed(items: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        parse_all(items, "p", {})


def test_references_in_a_plan_are_known_as_far_as_they_follow_from_the_place() -> None:
    record = {"kind": "dns_record", "name": "x.", "zone": "z", "type": "A", "rrdatas": ["${address/a:address}"]}
    binding = {"role": "r", "members": ["serviceAccount:${service_account/nodes:email}"]}
    items: list[dict[str, Any]] = [
        ADDRESS,
        record,
        ACCOUNT,
        {"kind": "project_iam", "name": "i", "bindings": [binding]},
    ]
    resources = parse_all(items, "p", {})
    plan = {op.key: op for op in plan_stack(resources, {resource.key: None for resource in resources}).changes}
    values = {diff.path: diff.after for diff in plan["dns_record/x."].diffs}
    assert values["rrdatas"] == ["(known once address/a exists)"]
    assert plan["project_iam/i"].diffs[0].after == ["serviceAccount:nodes@p.iam.gserviceaccount.com"]


def test_missing_live_field_is_named() -> None:
    record = {"kind": "dns_record", "name": "x.", "zone": "z", "type": "A", "rrdatas": ["${address/a:adress}"]}
    resources = parse_all([ADDRESS, record], "p", {})
    plan = plan_stack(resources, {"address/a": {"name": "a", "address": "192.0.2.1"}, "dns_record/x.": None})
    values = {diff.path: diff.after for diff in plan.changes[-1].diffs}
    assert values["rrdatas"] == ["(adress, which address/a does not have yet)"]


def test_a_pool_is_created_and_deleted_with_its_cluster() -> None:
    resources = parse_all([CLUSTER, POOL], "p", {})
    created = {op.key: op for op in plan_stack(resources, {"cluster/c": None, "node_pool/main": None}).changes}
    assert (created["node_pool/main"].requests, created["node_pool/main"].why) == ((), "is created with cluster/c")
    removed = plan_removal(resources, {"cluster/c": {"name": "c"}, "node_pool/main": {"name": "main"}}, False).changes
    assert [(op.key, len(op.requests)) for op in removed] == [("cluster/c", 1), ("node_pool/main", 0)]


def _error(status: int, reason: str = "", message: str = "m", canonical: str = "") -> PlatformError:
    body = {"error": {"code": status, "message": message, "status": canonical, "errors": [{"reason": reason}]}}
    return parse_error("GET", "x", status, json.dumps(body).encode(), None)


@pytest.mark.parametrize(
    ("error", "kind", "predicate"),
    [
        (_error(404, "notFound"), ApiError, "missing"),
        (_error(409, "alreadyExists"), ApiError, "exists"),
        (_error(412, "conditionNotMet"), ApiError, "stale"),
        (_error(409, canonical="ABORTED"), ApiError, "stale"),
        (_error(400, "resourceInUseByAnotherResource"), ApiError, "in_use"),
        (_error(409, "operationInProgress"), ApiError, "busy"),
        (_error(400, message="Cluster is running incompatible operation op-1"), ApiError, "busy"),
        (_error(403, "accessNotConfigured"), ApiError, "disabled"),
        (_error(429), RateError, None),
        (_error(403, "rateLimitExceeded"), RateError, None),
        (_error(503), BrokenError, None),
        (parse_error("GET", "x", 500, b"<html>", None), BrokenError, None),
        (_error(501), ApiError, None),
    ],
)
def test_errors_are_classified(error: PlatformError, kind: type[PlatformError], predicate: str | None) -> None:
    assert error.__class__ is kind
    if isinstance(error, ApiError):
        names = ("missing", "exists", "stale", "busy", "in_use", "disabled")
        assert [name for name in names if getattr(error, name)] == ([predicate] if predicate else [])


LIVE = {
    "name": "c",
    "endpoint": "192.0.2.1",
    "masterAuth": {"clusterCaCertificate": base64.b64encode(b"PEM").decode()},
    "controlPlaneEndpointsConfig": {
        "dnsEndpointConfig": {"endpoint": "gke-x.gke.goog"},
        "ipEndpointsConfig": {"enablePublicEndpoint": True, "privateEndpoint": "10.0.0.2"},
    },
}


@pytest.mark.parametrize(
    ("more", "access", "expected"),
    [
        (
            {"privateClusterConfig": {"enablePrivateEndpoint": True, "privateEndpoint": "10.0.0.2"}},
            "direct",
            "10.0.0.2",
        ),
        ({"privateClusterConfig": {"privateEndpoint": "10.0.0.2"}}, "direct", "192.0.2.1"),
        ({"privateClusterConfig": {"privateEndpoint": "10.0.0.2"}}, "proxy", "10.0.0.2"),
        ({"privateClusterConfig": {"privateEndpoint": "10.0.0.2"}}, "iap", "10.0.0.2"),
        (
            {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enabled": True, "privateEndpoint": "10.0.0.2"}}},
            "direct",
            "10.0.0.2",
        ),
        ({}, "direct", "192.0.2.1"),
    ],
)
def test_an_endpoint_as_older_clusters_and_sparse_answers_have_it(
    more: dict[str, Any], access: str, expected: str
) -> None:
    live = {"name": "c", "endpoint": "192.0.2.1", "masterAuth": LIVE["masterAuth"], **more}
    assert choose(live, access, "http://127.0.0.1:8888")["endpoint"] == f"https://{expected}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cloud": {"project": "p", "request_timeout": -1.0}}, "cloud.request_timeout is -1, expected more than 0"),
        (
            {"cloud": {"project": "p", "endpoint": "https://{api}"}},
            "cloud.endpoint is 'https://{api}', expected an URL",
        ),
        ({"cloud": {"project": "p", "endpoint": "{service}"}}, "cloud.endpoint is '{service}', expected an URL"),
        ({"cloud": {"project": "p", "ca_file": __file__}}, "test_stack_rules.py holds no certificates in PEM"),
        ({"cloud": {"project": "p"}, "parallel": 0}, "parallel is 0, expected more than 0"),
        ({"cloud": {"project": "p"}, "timeout": 0.0}, "timeout is 0, expected more than 0"),
        (
            {"cloud": {"project": "p"}, "outputs": {"a": "${network/x}"}},
            "outputs: it refers to network/x, which is not",
        ),
        (
            {
                "cloud": {"project": "p"},
                "payloads": {"a": {}},
                "resources": [{"kind": "secret_version", "name": "v", "secret": "s", "payload_from": "a"}],
            },
            "payloads: a is a dict, expected a text",
        ),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    defaults = {"resources": [], "labels": {}, "state": "present", "prune": False, "prune_prefix": None}
    more = {"unprotect": False, "outputs": {}, "timeout": 1.0, "parallel": 1}
    with pytest.raises(OptionError, match=re.escape(message)):
        run_stack({**defaults, **more, **options}, True)


@pytest.mark.parametrize("token", ["", " ", "two\nlines", "two words", "tökén"])
def test_a_token_that_no_header_carries_is_refused_unseen(token: str) -> None:
    with pytest.raises(PlatformError, match="expected a token") as failed:
        tokens({"kind": "access_token", "token": token or "\n"}).get()
    assert "two" not in failed.value.message
    assert tokens({"kind": "access_token", "token": "one\n"}).get() == "one"


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"{", b"\xff\xfe", b"", b'{"type": "service_account"}'])
def test_a_file_that_is_no_credential_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes(content)
    for kind in ("service_account", "workload_identity"):
        auth = {"kind": kind, "credentials_file": str(tmp_path / "key.json")}
        with pytest.raises(PlatformError, match=r"auth: no access token from credentials_file: .*key.json"):
            tokens(auth).get()


@pytest.mark.parametrize(
    ("access", "public", "expected"),
    [
        ("direct", True, {"endpoint": "https://192.0.2.1", "ca_certificate": "PEM"}),
        ("direct", False, {"endpoint": "https://10.0.0.2", "ca_certificate": "PEM"}),
        ("proxy", True, {"endpoint": "https://10.0.0.2", "ca_certificate": "PEM", "proxy": "http://127.0.0.1:8888"}),
        ("dns_endpoint", False, {"endpoint": "https://gke-x.gke.goog"}),
    ],
)
def test_one_variable_chooses_how_requests_travel(access: str, public: bool, expected: dict[str, str]) -> None:
    endpoints: Any = LIVE["controlPlaneEndpointsConfig"]
    endpoints["ipEndpointsConfig"]["enablePublicEndpoint"] = public
    assert choose(LIVE, access, "http://127.0.0.1:8888") == expected


def test_the_bastions_proxy_is_named_whole_or_missed_by_its_option() -> None:
    found = by_iap("p", {"instance": "bastion", "zone": "r-b", "port": 8888})
    assert found == "iap://projects/p/zones/r-b/instances/bastion:8888"
    with pytest.raises(OptionError, match="bastion is missing; access: iap needs it"):
        choose(LIVE, "iap", by_iap("p", None))
