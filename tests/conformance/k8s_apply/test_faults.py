"""Any fault at any request of a layer's life: it ends well, and the cluster holds exactly what was declared."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from tests.support.faults import FAULTS, Proxy
from tests.support.layers import Harness, actions, config_map, deployment, of_five_kinds, role, secret, service

LAYER = of_five_kinds(2)
# Where it strikes: while looking, while taking the lock, while applying, while giving the lock back.
PLACES = {
    "the fifth request": (5, None),
    "the lock": (1, lambda method, path: method == "POST"),
    "the fifth apply": (5, lambda method, path: method == "PATCH"),
    "the record's release": (1, lambda method, path: method == "PUT"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", PLACES)
def test_survives(layer: Harness, proxy: Proxy, fault: str, place: str) -> None:
    at, match = PLACES[place]
    through = {"endpoint": proxy.endpoint, "token": layer.connection["token"]}
    proxy.arm(FAULTS[fault], at=at, match=match)

    first = layer.apply(*LAYER, connection=through, request_timeout=1.0)

    assert proxy.fired, proxy.seen
    assert set(actions(first).values()) == {"created"}
    again = layer.apply(*LAYER)
    assert set(actions(again).values()) == {"unchanged"}, again["diff"]
    assert again["requests"] == 6


@pytest.mark.parametrize("fault", FAULTS)
def test_a_deletion_survives(layer: Harness, proxy: Proxy, fault: str) -> None:
    layer.apply(*LAYER)
    through = {"endpoint": proxy.endpoint, "token": layer.connection["token"]}
    proxy.arm(FAULTS[fault], at=2, match=lambda method, path: method == "DELETE")

    gone = layer.apply(connection=through, request_timeout=1.0, state="absent")

    assert proxy.fired, proxy.seen
    assert len(gone["pruned"]) == len(LAYER)
    assert layer.apply(state="absent")["changed"] is False


# A life: a layer is made, changed while somebody else writes into it, left alone, and removed.
MADE = [config_map("c"), secret("s", password="old"), role("gone"), deployment("d")]
CHANGED = [config_map("c", key="new"), secret("s", password="new"), service("v"), deployment("d")]
LIFE: dict[str, dict[str, Any]] = {
    "creation": {"objects": MADE},
    "change": {"objects": CHANGED},
    "no-op": {"objects": CHANGED},
    "removal": {"objects": CHANGED, "state": "absent"},
}
KINDS = [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("apps/v1", "Deployment")]
KINDS.append(("rbac.authorization.k8s.io/v1", "Role"))


def attempt(layer: Harness, options: dict[str, Any], **through: Any) -> str:
    """What a run came to: converged, or the words of its failure."""
    try:
        layer.apply(**options, request_timeout=1.0, **through)
    except PlatformError as error:
        assert len(error.message) > 20, "a failure says what failed"
        return error.message
    return "converged"


def live_names(layer: Harness) -> set[str]:
    labels = f"pingpong.platform/layer={layer.namespace}"
    found = [layer.client.list(*kind, layer.namespace, label_selector=labels) for kind in KINDS]
    return {obj["metadata"]["name"] for objects in found for obj in objects}


def live(layer: Harness, proxy: Proxy) -> list[str]:
    """A layer's whole life; what fails is run once more. The failures, by phase."""
    through = {"connection": {"endpoint": proxy.endpoint, "token": layer.connection["token"]}}
    failures = []
    for phase, options in LIFE.items():
        if phase == "change":
            layer.edit("ConfigMap", "c", {"data": {"foreign": "x"}}, manager="kubectl-edit")
        outcome = attempt(layer, options, **through)
        if outcome != "converged":
            failures.append(f"{phase}: {outcome}")
            assert attempt(layer, options, **through) == "converged", failures
        expected = set() if phase == "removal" else {obj["metadata"]["name"] for obj in options["objects"]}
        assert live_names(layer) == expected, (phase, failures)
        if phase == "change":
            settled = layer.apply(*CHANGED)
            assert (settled["changed"], settled["requests"]) == (False, 5), settled["diff"]
            config = layer.get("ConfigMap", "c")
            assert config is not None and config["data"] == {"key": "new"}
    return failures


def requests_of_a_life(layer: Harness, proxy: Proxy) -> int:
    proxy.seen = []
    assert live(layer, proxy) == []
    return len(proxy.seen)


def test_a_fault_at_every_fifth_request(layer: Harness, proxy: Proxy) -> None:
    """Each kind of fault in turn; all kinds at all requests are the long test below."""
    total = requests_of_a_life(layer, proxy)
    faults = list(FAULTS)
    for at in range(1, total + 1, 5):
        proxy.arm(FAULTS[faults[at // 5 % len(faults)]], at=at)
        assert live(layer, proxy) == [], (faults[at // 5 % len(faults)], at)
        # How often a deletion is looked at depends on the machine: a life's last requests may be missing.
        assert proxy.fired or at > total * 0.8


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_every_request(layer: Harness, proxy: Proxy, fault: str) -> None:
    total = requests_of_a_life(layer, proxy)
    lives = []
    for at in range(1, total + 1):
        proxy.arm(FAULTS[fault], at=at)
        lives.append(live(layer, proxy))
        assert proxy.fired or at > total * 0.8
    assert not any(lives), lives
