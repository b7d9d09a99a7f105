"""Any fault at any request: the run converges or says what failed; the next run converges; nothing exists twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import running_cloud
from tests.support.engine import PAYLOADS, STACK, Engine, attempt, by_key, live, reference
from tests.support.faults_page import FaultsPage

FAULTS = ["429", "500", "503", "reset", "reset_after_commit", "truncated", "bad_json", "401", "409", "412", "stall"]


def struck(engine: Engine, fault: str, at: int, expected: list[str]) -> list[str] | None:
    """The failures of a life in which one fault struck the request; None when the life had fewer requests."""
    engine.cloud.admin("DELETE", "faults")
    engine.cloud.admin("DELETE", "resources")
    engine.cloud.admin("POST", "faults", {"fault": fault, "at": at})
    failures = live(engine, expected)
    (seen,) = engine.cloud.admin("GET", "faults")["faults"]
    return failures if seen["seen"] >= at else None


def report(page: FaultsPage, fault: str, lives: list[list[str]]) -> None:
    """A row of the page; ``live`` has seen to it that what failed was healed by the next run."""
    page.resources = len(STACK)
    page.add(fault, len(lives), lives.count([]), len(lives) - lives.count([]))


def test_a_fault_at_every_fifth_request(engine: Engine, faults_page: FaultsPage) -> None:
    """Each kind of fault in turn; all kinds at all requests are the long test below."""
    total, expected = reference(engine)
    lives: dict[str, list[list[str]]] = {fault: [] for fault in FAULTS}
    for at in range(1, total + 1, 5):
        fault = FAULTS[at // 5 % len(FAULTS)]
        failures = struck(engine, fault, at, expected)
        # How often a life asks for the state of an operation depends on the machine: its last requests may be missing.
        assert failures is not None or at > total * 0.9
        lives[fault] += [] if failures is None else [failures]
    for fault, found in lives.items():
        report(faults_page, fault, found)
    assert all(found and not any(found) for found in lives.values()), lives


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_every_request(engine: Engine, faults_page: FaultsPage, fault: str) -> None:
    total, expected = reference(engine)
    lives = [found for at in range(1, total + 1) if (found := struck(engine, fault, at, expected)) is not None]
    report(faults_page, fault, lives)
    assert len(lives) > total * 0.9
    assert not any(lives), lives


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "RESOURCE_NOT_FOUND"])
def test_an_operation_that_fails(engine: Engine, code: str) -> None:
    engine.cloud.admin("POST", "operations", {"method": "compute.firewalls.insert", "at": 1, "code": code})
    first = attempt(engine, STACK)
    assert first == "converged" or "firewall/allow" in first
    assert attempt(engine, STACK) == "converged"


def test_a_cluster_whose_creation_fails_twice_is_made_all_the_same(engine: Engine) -> None:
    create = "container.projects.locations.clusters.create"
    # Each plan counts the operations that no earlier one made fail.
    engine.cloud.admin("POST", "operations", {"method": create, "at": 1})
    engine.cloud.admin("POST", "operations", {"method": create, "at": 1})
    made = engine(STACK, payloads=PAYLOADS)
    assert made["warnings"] == []
    assert sum("clusters.create" in str(entry) for entry in engine.cloud.admin("GET", "requests")["requests"]) == 3
    assert engine(STACK, payloads=PAYLOADS)["mutations"] == 0


def test_a_cluster_whose_creation_fails_always_is_an_error_in_googles_words(tmp_path: Path) -> None:
    backend = MemoryBackend(delay=0.05, broken={"primary"})
    with running_cloud(tmp_path, backend, {"strict_services": False}) as cloud:
        engine = Engine(cloud)
        with pytest.raises(PlatformError, match="the control plane did not become healthy") as failed:
            engine(STACK, payloads=PAYLOADS)
        assert "node_pool/main" in failed.value.message, "what needs it was not tried, and is named"
        assert by_key(failed.value.details, "cluster/primary")["failed"]
        planned = engine(STACK, payloads=PAYLOADS, check=True)
        assert by_key(planned, "cluster/primary")["action"] == "replace"
        assert "did not become healthy" in by_key(planned, "cluster/primary")["why"]
        backend.broken.clear()
        assert attempt(engine, STACK) == "converged"
        assert engine(STACK, payloads=PAYLOADS)["mutations"] == 0
        assert [key for key in engine.stored() if "/clusters/" in key] == [
            "container/projects/pingpong-local/locations/europe-west1/clusters/primary",
            "container/projects/pingpong-local/locations/europe-west1/clusters/primary/nodePools/main",
        ]


def test_an_operation_that_outlasts_the_deadline_is_resumed(tmp_path: Path) -> None:
    with running_cloud(tmp_path, MemoryBackend(delay=4.0), {"strict_services": False}) as cloud:
        engine = Engine(cloud)
        with pytest.raises(PlatformError, match="run again: the next run finds it and waits for it"):
            engine(STACK, payloads=PAYLOADS, timeout=1.5)
        cloud.admin("DELETE", "requests")
        assert attempt(engine, STACK) == "converged"
        sent = cloud.admin("GET", "requests")["requests"]
        assert not [entry for entry in sent if "clusters.create" in str(entry)]
        assert engine(STACK, payloads=PAYLOADS)["mutations"] == 0


def test_what_is_still_being_deleted_is_made_again(tmp_path: Path) -> None:
    """A LIST shows it as if it stayed."""
    with running_cloud(tmp_path, settings={"strict_services": False}) as cloud:
        engine = Engine(cloud)
        made = [item for item in STACK if item["kind"] in ("network", "firewall", "address", "health_check")]
        engine(made)
        expected = engine.stored()
        cloud.admin("PATCH", "settings", {"latency": {"compute": 1.0}})
        firewall = next(key for key in expected if "/firewalls/" in key)
        assert cloud.request("DELETE", f"/compute/{firewall.replace('compute/', 'compute/v1/')}")[0] == 200
        assert engine(made)["mutations"] == 1
        assert engine.stored() == expected


def test_who_may_not_list_operations_works_all_the_same(engine: Engine) -> None:
    made = [{"kind": "network", "name": "net", "autoCreateSubnetworks": False}]
    engine(made)
    engine.cloud.admin("POST", "faults", {"fault": "403", "path": "aggregated/operations", "times": 9})
    assert engine(made)["mutations"] == 0


def test_all_of_it_goes_and_nothing_else(engine: Engine) -> None:
    decoy = [{"kind": "network", "name": "decoy", "autoCreateSubnetworks": False}]
    engine(decoy)
    before = engine.stored()
    engine(STACK, payloads=PAYLOADS)
    engine(STACK, payloads=PAYLOADS, state="absent")
    assert engine.stored() == before


def test_drift_is_named_field_by_field_and_healed(engine: Engine) -> None:
    engine(STACK, payloads=PAYLOADS)
    logging = {"loggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS"]}}}
    record = {"kind": "dns_record", "name": "a.example.org.", "zone": "zone", "type": "A"}
    drift: list[dict[str, Any]] = [
        {"kind": "firewall", "name": "allow", "sourceRanges": ["0.0.0.0/0"]},
        {"kind": "cluster", "name": "primary", "location": "europe-west1", **logging},
        {**record, "ttl": 30, "rrdatas": ["192.0.2.9"]},
    ]
    components = {"loggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "WORKLOADS"]}}}
    desired = [{**item, **components} if item["kind"] == "cluster" else item for item in STACK]
    engine(desired, payloads=PAYLOADS)
    engine(drift)
    seen = engine(desired, check=True, payloads=PAYLOADS)
    fields = {
        entry["key"]: [field["field"] for field in entry["fields"]] for entry in seen["resources"] if "fields" in entry
    }
    assert fields == {
        "firewall/allow": ["sourceRanges"],
        "cluster/primary": ["loggingConfig.componentConfig.enableComponents"],
        "dns_record/a.example.org.": ["rrdatas"],
    }
    engine(desired, payloads=PAYLOADS)
    assert engine(desired, payloads=PAYLOADS)["mutations"] == 0


def test_undeclared_resources_are_pruned_by_their_labels(engine: Engine) -> None:
    owner = {"managed-by": "pingpong-platform", "environment": "t"}
    two = [{"kind": "address", "name": name, "region": "europe-west1"} for name in ("one", "two")]
    engine(two, labels=owner)
    engine([{"kind": "address", "name": "theirs", "region": "europe-west1"}])
    planned = engine(two[:1], labels=owner, prune=True, check=True)
    assert planned["counts"]["delete"] == 1
    engine(two[:1], labels=owner, prune=True)
    assert [key.rsplit("/", 1)[-1] for key in engine.stored()] == ["one", "theirs"]
