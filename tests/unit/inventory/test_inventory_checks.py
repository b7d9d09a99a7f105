"""Everything that is wrong with the clusters of an inventory, from their variables alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.checks import (
    BASTION,
    invalid_names,
    missing_ranges,
    problems,
    unfit_options,
    unreachable,
)

Values = dict[str, Any]


def cluster(number: int, **changes: Any) -> Values:
    return {
        "platform_environment": "staging",
        "platform_project": "my-project-1",
        "platform_region": f"europe-west{number}",
        "platform_cluster_name": f"pingpong-{number}",
        "platform_domain": "ping.example.com",
        "network_ranges": {"nodes": f"10.0.{number}.0/24", "pods": f"10.{number}.0.0/16"},
    } | changes


def found(**changes: Any) -> list[str]:
    """What is wrong when the second of two clusters has these values."""
    return problems({"primary": cluster(1), "secondary": cluster(2, **changes)})


def test_two_that_agree() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"platform_region": "europe-west1"}, 'platform_region: found "europe-west1" for primary and secondary'),
        ({"platform_region": "europe-west4-b"}, 'secondary platform_region: found "europe-west4-b", expected a region'),
        ({"platform_region": None}, "secondary platform_region: found nothing"),
        (
            {"platform_cluster_name": "pingpong-1"},
            'platform_cluster_name: found "pingpong-1" for primary and secondary',
        ),
        ({"platform_cluster_name": "x" * 41}, "expected at most 40 lower-case letters"),
        ({"platform_project": "My Project"}, 'secondary platform_project: found "My Project", expected a project'),
        ({"platform_project": 12345}, 'secondary platform_project: found "12345"'),
        ({"platform_project": "another-1"}, 'found "my-project-1" for primary and "another-1" for secondary'),
        ({"platform_domain": "ping.example.com."}, "without a dot at its end"),
        ({"platform_domain": "localhost"}, 'secondary platform_domain: found "localhost"'),
        ({"platform_environment": "a-long-environment"}, "secondary platform_environment: found"),
        ({"network_ranges": ["10.0.0.0/8"]}, "expected a dict of ranges"),
        ({"network_ranges": {"pods": "10.2.0.1/16"}}, 'network_ranges.pods: found "10.2.0.1/16", expected an IPv4'),
        ({"network_ranges": {"pods": "10.2.0.0"}}, 'found "10.2.0.0", expected an IPv4 network'),
        (
            {"network_ranges": {"pods": "10.1.128.0/17"}},
            "primary network_ranges.pods: found 10.1.0.0/16, which overlaps 10.1.128.0/17 of secondary",
        ),
        (
            {"network_ranges": {"nodes": "10.7.0.0/24", "pods": "10.7.0.0/16"}},
            "secondary network_ranges.nodes: found 10.7.0.0/24, which overlaps 10.7.0.0/16 of secondary",
        ),
    ],
)
def test_what_is_wrong_is_named(changes: Values, message: str) -> None:
    (problem,) = found(**changes)
    assert message in problem


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"edge_hosts": ["a.example.com", "b.example.com."]},
            'edge_hosts[1]: found "b.example.com.", expected a domain',
        ),
        ({"edge_domain": "Example.com"}, 'edge_domain: found "Example.com", expected a domain in lower case'),
        ({"edge_primary": "primry"}, 'edge_primary: found "primry", expected one of primary, secondary'),
        ({"edge_config_cluster": "third"}, 'edge_config_cluster: found "third", expected one of primary, secondary'),
    ],
)
def test_a_name_that_an_argument_spec_takes_for_any_text(options: Values, message: str) -> None:
    (problem,) = invalid_names(options, ["primary", "secondary"])
    assert problem.startswith(message)


def test_names_that_are_right() -> None:
    hosts = ["a.example.com", "*.b.example.com"]
    right = {"edge_hosts": hosts, "edge_domain": "example.com", "edge_primary": "primary"}
    assert list(invalid_names(right, ["primary"])) == list(invalid_names({}, [])) == []


@pytest.mark.parametrize(
    ("multicluster", "options", "message"),
    [
        (False, {"edge_cdn": True}, "edge_cdn: found true, expected false, because edge_multicluster is false"),
        (True, {"edge_network_tier": "STANDARD"}, 'edge_network_tier: found "STANDARD", expected "PREMIUM", because'),
        (True, {"edge_trickle": 0.1}, "edge_trickle: found 0.1, expected 0, because edge_multicluster is true"),
        (
            True,
            {"edge_targets": {"primary": "192.0.2.1"}},
            'edge_targets: found {"primary": "192.0.2.1"}, expected {}, because',
        ),
        (True, {"edge_cdn": True, "edge_network_tier": "PREMIUM", "edge_trickle": 0, "edge_targets": {}}, None),
        (False, {"edge_network_tier": "STANDARD", "edge_trickle": 0.1, "edge_cdn": False}, None),
    ],
)
def test_what_a_kind_of_load_balancer_has_no_use_for(multicluster: bool, options: Values, message: str | None) -> None:
    found = list(unfit_options({**options, "edge_multicluster": multicluster}))
    assert len(found) == (message is not None)
    assert all(problem.startswith(str(message)) for problem in found)


@pytest.mark.parametrize(
    ("bastion", "ranges", "expected"),
    [
        (
            True,
            {},
            ["network_ranges.bastion: found nothing, expected the bastion's range, because network_bastion is true"],
        ),
        (True, {"bastion": "10.0.0.0/28"}, []),
        (False, {}, []),
    ],
)
def test_a_bastion_needs_its_range_and_nothing_else_does(bastion: bool, ranges: Values, expected: list[str]) -> None:
    assert list(missing_ranges({"network_bastion": bastion, "network_ranges": ranges})) == expected


@pytest.mark.parametrize(
    ("options", "network", "expected"),
    [
        ({"cluster_access": "iap"}, {"network_bastion": False}, "network_bastion: found false, expected true, because"),
        ({"cluster_access": "iap"}, {}, "network_bastion: found false, expected true, because"),
        ({"cluster_access": "iap"}, {"network_bastion": True}, ""),
        (
            {"cluster_access": "iap"},
            {"network_bastion": True, "network_bastion_access": "vpn"},
            'network_bastion_access: found "vpn", expected "iap", because cluster_access is "iap"',
        ),
        ({"cluster_access": "iap", "cluster_bastion": {"instance": "another"}}, {}, ""),
        ({"cluster_access": "dns_endpoint"}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_a_way_in_by_the_bastion_needs_one_that_iap_reaches(options: Values, network: Values, expected: str) -> None:
    found = list(unreachable(options, {**dict.fromkeys(BASTION), **network}))
    assert len(found) == bool(expected)
    assert "".join(found).startswith(expected)


def test_nobody_at_all() -> None:
    assert problems({}) == ["clusters: found no host in this group, expected one for each cluster"]


def test_every_mistake_is_reported_at_once() -> None:
    assert len(found(platform_region=None, platform_domain="x", network_ranges={"pods": "all"})) == 3
