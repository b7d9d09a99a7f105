"""One fault in the middle of an apply: it ends well, and the cluster holds exactly what was declared."""

from __future__ import annotations

import pytest

from tests.support.faults import FAULTS, Proxy
from tests.support.layers import Harness, actions, of_five_kinds

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
