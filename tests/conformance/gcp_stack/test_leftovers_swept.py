"""A cluster goes before its Gateway: the network is held until what the controller left is swept, and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply import stack
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.propagation import Limits
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import run_leftovers
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, SUBNETWORK, make
from tests.support.engine import Engine
from tests.support.gateway import Controller, leaf, served

REGION = f"{COMPUTE}/regions/europe-west1"
ZONE = f"{COMPUTE}/zones/europe-west1-b"
LINK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}"
HERE = "regions/europe-west1"
NAME = "gkegw1-ab12-ingress-public-0123456789ab"
GROUP = "k8s1-1a2b3c4d-ingress-web-80-5e6f7a8b"
NETWORK = f"{LINK}/global/networks/net"
OURS = [
    {"kind": "network", "name": "net", "autoCreateSubnetworks": False},
    {"kind": "subnetwork", "region": "europe-west1", **SUBNETWORK},
]


@pytest.fixture
def held(cloud: RunningCloud) -> RunningCloud:
    """Our network, in which a Gateway's controller and somebody by hand made something."""
    Engine(cloud)(OURS)
    proxies = {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE", "ipCidrRange": "10.9.0.0/23"}
    make(cloud, f"{REGION}/subnetworks", {"name": "proxies", "network": NETWORK, **proxies})
    for name in (GROUP, "by-hand"):
        body = {"name": name, "network": NETWORK, "subnetwork": f"{LINK}/{HERE}/subnetworks/sub"}
        make(cloud, f"{ZONE}/networkEndpointGroups", body)
    backend = {
        "name": NAME,
        "protocol": "HTTP",
        "loadBalancingScheme": "EXTERNAL_MANAGED",
        "healthChecks": [f"{LINK}/{HERE}/healthChecks/{NAME}"],
        "backends": [{"group": f"{LINK}/zones/europe-west1-b/networkEndpointGroups/{GROUP}"}],
    }
    make(cloud, f"{REGION}/healthChecks", {"name": NAME, "type": "HTTP"})
    make(cloud, f"{REGION}/backendServices", backend)
    make(cloud, f"{REGION}/urlMaps", {"name": NAME, "defaultService": f"{HERE}/backendServices/{NAME}"})
    make(cloud, f"{REGION}/targetHttpProxies", {"name": NAME, "urlMap": f"{HERE}/urlMaps/{NAME}"})
    rule = {"name": NAME, "target": f"{HERE}/targetHttpProxies/{NAME}", "portRange": "80", "network": NETWORK}
    make(cloud, f"{REGION}/forwardingRules", {**rule, "loadBalancingScheme": "EXTERNAL_MANAGED"})
    for name in ("gkegw1-ab12-l7-net-europe-west1", "somebodys"):
        body = {"name": name, "network": NETWORK, "allowed": [{"IPProtocol": "tcp"}]}
        make(cloud, f"{COMPUTE}/global/firewalls", body)
    return cloud


def leftovers(cloud: RunningCloud, check: bool = False) -> dict[str, Any]:
    arguments = Engine(cloud).arguments([])
    options = {"network": "net", "own_prefix": None, "timeout": 60.0, "parallel": 8, "cloud": arguments["cloud"]}
    return run_leftovers(options, check)


def test_a_network_that_is_held_names_who_holds_it(held: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "Reconciler", partial(stack.Reconciler, limits=Limits(users=1.0)))
    with pytest.raises(PlatformError, match=r"what uses it to be gone .*/networkEndpointGroups/"):
        Engine(held)(OURS, state="absent")


def test_what_was_left_goes_and_what_is_foreign_stays(held: RunningCloud) -> None:
    before = set(Engine(held).stored())
    planned = leftovers(held, check=True)
    assert (planned["mutations"], planned["changed"], set(Engine(held).stored())) == (0, True, before)
    swept = leftovers(held)
    assert swept["removed"] == planned["removed"]
    gone = {key.rpartition("/")[2] for key in before - set(Engine(held).stored())}
    assert gone == {NAME, GROUP, "gkegw1-ab12-l7-net-europe-west1"}
    assert {entry["path"].rpartition("/")[2] for entry in swept["kept"]} == {"by-hand", "somebodys"}
    again = leftovers(held)
    assert (again["changed"], again["mutations"], again["kept"]) == (False, 0, swept["kept"])


def test_a_standing_cluster_keeps_what_may_be_its_own(held: RunningCloud) -> None:
    make(held, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    kept = leftovers(held)
    assert kept["removed"] == []
    assert "cluster primary stands in this network" in str(kept["kept"])
    make(held, f"{CONTAINER}/clusters/primary", None, verb="DELETE")
    assert len(leftovers(held)["removed"]) == 7


def test_all_that_a_gateway_has_is_swept_once_its_cluster_is_gone(cloud: RunningCloud) -> None:
    """What the local cloud's own controller makes: the network and the declared address are free after it."""
    edge = {"kind": "address", "name": "edge", "region": "europe-west1"}
    proxies = {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE", "ipCidrRange": "10.9.0.0/23"}
    Engine(cloud)([*OURS, edge])
    make(cloud, f"{REGION}/subnetworks", {"name": "proxies", "network": NETWORK, **proxies})
    make(cloud, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    before = set(Engine(cloud).stored())
    (made,), _annotations = Controller(cloud, "primary").record(served("edge", *leaf()))
    assert made.error is None
    assert leftovers(cloud)["removed"] == []
    make(cloud, f"{CONTAINER}/clusters/primary", None, verb="DELETE")
    swept = leftovers(cloud)
    assert (len(swept["removed"]), swept["kept"]) == (18, [])
    assert set(Engine(cloud).stored()) == {key for key in before if "/clusters/" not in key}
    make(cloud, f"{REGION}/subnetworks/proxies", None, verb="DELETE")
    Engine(cloud)([*OURS, edge], state="absent")
    assert not Engine(cloud).stored()
