"""GKE's names, held against captured ones' forms and their limit."""

from __future__ import annotations

import re

import pytest

from testbed.gateway import names

LONG = "a-namespace-with-a-name-that-is-as-long-as-it-can-be-made-to-be"


@pytest.mark.parametrize(("namespace", "name"), [("istio-ingress", "edge"), (LONG, LONG), ("x", LONG), (LONG, "y")])
def test_a_name_has_googles_form_and_fits(namespace: str, name: str) -> None:
    found = names.resource("cluster", namespace, name)
    assert re.fullmatch(r"gkegw1-[0-9a-f]{4}-[-a-z0-9]+-[0-9a-f]{12}", found)
    assert len(found) <= 63
    group = names.endpoint_group("cluster", namespace, name, 443)
    assert re.fullmatch(r"k8s1-[0-9a-f]{8}-[-a-z0-9]+-443-[0-9a-f]{8}", group)
    assert len(group) <= 63


def test_short_names_are_whole_and_tell_ports_apart() -> None:
    assert "-istio-ingress-edge-" in names.resource("cluster", "istio-ingress", "edge")
    assert names.resource("c", "n", "s", 80) != names.resource("c", "n", "s", 443)
    assert names.resource("c", "n", "s") != names.resource("d", "n", "s")


def test_parts_are_trimmed_evenly() -> None:
    assert names.trimmed(("aaaaaa", "bbb"), 6) == ["aaa", "bbb"]
