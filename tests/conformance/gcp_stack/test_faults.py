"""Any fault at any request: the run converges or says what failed; the next run converges; nothing exists twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from tests.support.engine import Engine

STACK: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "stack.yml").read_text())
CHANGES: dict[str, dict[str, Any]] = {
    "firewall": {"sourceRanges": ["130.211.0.0/22"]},
    "address": {"labels": {"a": "2"}},
    "cluster": {"releaseChannel": {"channel": "STABLE"}, "resourceLabels": {"a": "1"}},
    "dns_record": {"ttl": 60},
}
CHANGED = [{**item, **CHANGES.get(item["kind"], {})} for item in STACK]
PAYLOADS = {"db": "value"}
FAULTS = ["429", "500", "503", "reset", "reset_after_commit", "truncated", "bad_json", "401", "409", "412", "stall"]
# A stalled answer costs the whole time-out, so it is thrown at fewer requests.
EVERY = {"stall": 12}


def attempt(engine: Engine, resources: list[dict[str, Any]], **options: Any) -> str:
    """What a run came to: converged, or the words of its failure."""
    try:
        engine(resources, payloads=PAYLOADS, **options)
    except PlatformError as error:
        assert len(error.message) > 20, "a failure says what failed"
        return error.message
    return "converged"


def reference(engine: Engine) -> tuple[int, list[str]]:
    """How many requests creation and change take without a fault, and what exists then."""
    engine.cloud.admin("DELETE", "requests")
    assert attempt(engine, STACK) == "converged"
    assert attempt(engine, CHANGED) == "converged"
    return len(engine.cloud.admin("GET", "requests")["requests"]), engine.stored()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_at_every_request(engine: Engine, fault: str, record_property: Any) -> None:
    total, expected = reference(engine)
    survived = tried = 0
    for at in range(1, total + 1, EVERY.get(fault, 2)):
        engine.cloud.admin("DELETE", "resources")
        engine.cloud.admin("DELETE", "faults")
        engine.cloud.admin("POST", "faults", {"fault": fault, "at": at})
        outcomes = [attempt(engine, STACK), attempt(engine, CHANGED)]
        engine.cloud.admin("DELETE", "faults")
        tried += 1
        survived += outcomes == ["converged", "converged"]
        if outcomes[1] != "converged":
            assert attempt(engine, CHANGED) == "converged", f"{fault} at request {at}: {outcomes}"
        assert engine.stored() == expected, f"{fault} at request {at}"
        again = engine(CHANGED, payloads=PAYLOADS)
        assert again["mutations"] == 0, f"{fault} at request {at}: {again['diff']}"
    print(f"\n{fault:20} survived by itself {survived} of {tried}, converged by the next run {tried} of {tried}")
    record_property(fault, f"{survived}/{tried}")
    assert survived >= tried * 0.9


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


def test_an_operation_that_outlasts_the_deadline_is_resumed(engine: Engine) -> None:
    engine.cloud.admin("PATCH", "settings", {"latency": {"container": 4.0, "compute": 0.03, "default": 0.03}})
    with pytest.raises(PlatformError, match="run again: the next run finds it and waits for it"):
        engine(STACK, payloads=PAYLOADS, timeout=1.5)
    engine.cloud.admin("DELETE", "requests")
    assert attempt(engine, STACK) == "converged"
    sent = engine.cloud.admin("GET", "requests")["requests"]
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
    drift = [
        {"kind": "firewall", "name": "allow", "sourceRanges": ["0.0.0.0/0"]},
        {"kind": "cluster", "name": "primary", "location": "europe-west1",
         "loggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS"]}}},
        {"kind": "dns_record", "name": "a.example.org.", "zone": "zone", "type": "A", "ttl": 30, "rrdatas": ["192.0.2.9"]},
    ]  # fmt: skip
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
