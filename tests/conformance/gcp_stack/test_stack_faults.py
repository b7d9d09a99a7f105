"""Any fault at any request: the run converges or says what failed; the next run converges; nothing exists twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import running_cloud
from tests.support.engine import CHANGED, PAYLOADS, STACK, Engine, attempt, reference

FAULTS = ["429", "500", "503", "reset", "reset_after_commit", "truncated", "bad_json", "401", "409", "412", "stall"]
# With --long every request has its turn. A stalled answer costs the whole time-out, so fewer are.
STRIDE = 7


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_at_every_request(engine: Engine, fault: str, pytestconfig: pytest.Config) -> None:
    stride = (1 if pytestconfig.getoption("--long") else STRIDE) * (3 if fault == "stall" else 1)
    total, expected = reference(engine)
    survived = tried = 0
    failures: list[str] = []
    for at in range(1, total + 1, stride):
        engine.cloud.admin("DELETE", "resources")
        engine.cloud.admin("DELETE", "faults")
        engine.cloud.admin("POST", "faults", {"fault": fault, "at": at})
        outcomes = [attempt(engine, STACK), attempt(engine, CHANGED)]
        engine.cloud.admin("DELETE", "faults")
        tried += 1
        survived += outcomes == ["converged", "converged"]
        failures += [f"request {at}: {outcome}" for outcome in outcomes if outcome != "converged"]
        if outcomes[1] != "converged":
            assert attempt(engine, CHANGED) == "converged", f"{fault} at request {at}: {outcomes}"
        assert engine.stored() == expected, f"{fault} at request {at}"
        again = engine(CHANGED, payloads=PAYLOADS)
        assert again["mutations"] == 0, f"{fault} at request {at}: {again['diff']}"
    print(f"\n{fault:20} survived by itself {survived} of {tried}, converged by the next run {tried} of {tried}")
    assert not failures


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "RESOURCE_NOT_FOUND"])
def test_an_operation_that_fails(engine: Engine, code: str) -> None:
    engine.cloud.admin("POST", "operations", {"method": "compute.firewalls.insert", "at": 1, "code": code})
    first = attempt(engine, STACK)
    assert first == "converged" or "firewall/allow" in first
    assert attempt(engine, STACK) == "converged"


def test_a_cluster_whose_creation_fails(engine: Engine) -> None:
    engine.cloud.admin("POST", "operations", {"method": "container.projects.locations.clusters.create", "at": 1})
    attempt(engine, STACK)
    assert attempt(engine, STACK) == "converged"
    assert engine(STACK, payloads=PAYLOADS)["mutations"] == 0


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
    wish = [{**item, **components} if item["kind"] == "cluster" else item for item in STACK]
    engine(wish, payloads=PAYLOADS)
    engine(drift)
    seen = engine(wish, check=True, payloads=PAYLOADS)
    fields = {
        entry["key"]: [field["field"] for field in entry["fields"]] for entry in seen["resources"] if "fields" in entry
    }
    assert fields == {
        "firewall/allow": ["sourceRanges"],
        "cluster/primary": ["loggingConfig.componentConfig.enableComponents"],
        "dns_record/a.example.org.": ["rrdatas"],
    }
    engine(wish, payloads=PAYLOADS)
    assert engine(wish, payloads=PAYLOADS)["mutations"] == 0


def test_what_is_not_wished_any_more_is_pruned_by_its_labels(engine: Engine) -> None:
    owner = {"managed-by": "pingpong-platform", "environment": "t"}
    two = [{"kind": "address", "name": name, "region": "europe-west1"} for name in ("one", "two")]
    engine(two, labels=owner)
    engine([{"kind": "address", "name": "theirs", "region": "europe-west1"}])
    planned = engine(two[:1], labels=owner, prune=True, check=True)
    assert planned["counts"]["delete"] == 1
    engine(two[:1], labels=owner, prune=True)
    assert [key.rsplit("/", 1)[-1] for key in engine.stored()] == ["one", "theirs"]
