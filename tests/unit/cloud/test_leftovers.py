"""What controllers left, and what is another's: by name, by the network that a group is in, by standing clusters."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.leftovers import Found, select
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import run_leftovers

from tests.support.scripted_google import Answer, Google, cloud_options

API = "https://www.googleapis.com/compute/v1/"
OURS = "projects/p/global/networks/main"
THEIRS = "projects/p/global/networks/other"
NEG = "networkEndpointGroups"
UID = "1a2b3c4d5e6f7a8b"
SERVICE = "a0123456789abcdef0123456789abcde"


def found(collection: str, name: str, network: str | None = None, where: str = "regions/r", **body: Any) -> Found:
    path = f"projects/p/{where}/{collection}/{name}"
    own = {"name": name, "selfLink": API + path, **({"network": API + network} if network else {})}
    return Found(collection, path, {**own, **body})


def gateway(network: str, cluster: str = "ab12") -> list[Found]:
    """A Gateway's load balancer, of which the endpoint group and the firewall rule alone name the network."""
    name = f"gkegw1-{cluster}-ingress-edge"
    groups = found(NEG, f"k8s1-{cluster * 2}-ingress-web-443-9f8e7d6c", network, "zones/r-b")
    backend = found("backendServices", f"{name}-web-443-1", None, backends=[{"group": groups.body["selfLink"]}])
    urls = found("urlMaps", f"{name}-2", None, defaultService=backend.body["selfLink"])
    proxy = found("targetHttpsProxies", f"{name}-3", None, urlMap=urls.body["selfLink"])
    rule = found("forwardingRules", f"{name}-4", None, target=proxy.body["selfLink"])
    wall = found("firewalls", f"gkegw1-{cluster}-l7-main-global", network, "global")
    return [wall, groups, found("healthChecks", f"{name}-5", None), backend, urls, proxy, rule]


def names(items: Any) -> list[str]:
    return [item.name for item in items]


def test_a_gateways_load_balancer_goes_from_its_rule_to_its_groups() -> None:
    selection = select(gateway(OURS), OURS, [])
    assert [item.collection for item in selection.remove[:4]] == [
        "forwardingRules", "targetHttpsProxies", "urlMaps", "backendServices",
    ]  # fmt: skip
    assert {item.collection for item in selection.remove[4:]} == {NEG, "healthChecks", "firewalls"}
    assert selection.kept == ()


NAMES = [
    ("an Ingress", "urlMaps", f"k8s-um-web-site--{UID}0"),
    ("an Ingress of the second naming", "targetHttpProxies", "k8s2-tp-1a2b3c4d-web-site-e5f6a7b8"),
    ("an endpoint group", NEG, "k8s1-1a2b3c4d-kube-system-default-http-backend-80-5e6f7a8b"),
    ("a Service's rule", "firewalls", f"k8s-fw-{SERVICE}"),
    ("the check of nodes", "firewalls", f"k8s-{UID}-node-http-hc"),
    ("a Gateway of several clusters", "backendServices", "gkemcg1-ns-svc-80-0123456789ab"),
    ("the Gateways' rule of older days", "firewalls", "gkegw1-l7-main-global"),
    ("nodes' rule", "firewalls", "gke-primary-1a2b3c4d-exkubelet"),
]


@pytest.mark.parametrize(("collection", "name"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_names_that_controllers_give(collection: str, name: str) -> None:
    assert names(select([found(collection, name, OURS)], OURS, []).remove) == [name]
    assert select([found(collection, name, THEIRS)], OURS, []).remove == ()


def test_a_services_forwarding_rule_is_known_by_what_it_says() -> None:
    service = {"description": '{"kubernetes.io/service-name":"web/site"}'}
    wall = found("firewalls", f"k8s-fw-{SERVICE}", OURS, "global")
    assert len(select([wall, found("forwardingRules", SERVICE, None, **service)], OURS, []).remove) == 2
    assert names(select([wall, found("forwardingRules", SERVICE, None)], OURS, []).remove) == [wall.name]


FOREIGN = [
    (
        "a rule by hand",
        found("firewalls", "allow-everything", OURS, "global"),
        "no controller of GKE's gives such a name",
    ),
    ("a group by hand", found(NEG, "mine", OURS, "zones/r-b"), "no controller of GKE's gives such a name"),
    ("what says nothing", found("healthChecks", "gkegw1-zz99-ns-svc-80-1", None), "nothing says which network"),
]


@pytest.mark.parametrize(("item", "why"), [row[1:] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_what_is_foreign_stays_and_is_named(item: Found, why: str) -> None:
    selection = select([*gateway(OURS), item], OURS, [])
    assert item not in selection.remove and len(selection.remove) == 7
    ((kept, reason),) = selection.kept
    assert kept is item and why in reason
    # What a controller made may go with its cluster.
    assert selection.foreign == ((item,) if why.startswith("no controller") else ())


def test_another_networks_load_balancer_is_not_reported() -> None:
    selection = select([*gateway(OURS), *gateway(THEIRS, "cd34")], OURS, [])
    assert not [name for name in names(selection.remove) if "cd34" in name]
    assert selection.kept == ()


def test_a_group_in_two_networks_stays() -> None:
    both = [*gateway(OURS), found(NEG, "k8s1-ab12ab12-ns-svc-80-1", THEIRS, "zones/r-c")]
    selection = select(both, OURS, [])
    assert selection.remove == ()
    assert {reason for _unused, reason in selection.kept} == {f"it is used in {THEIRS} too"}


def fleets(network: str) -> list[Found]:
    """What a multi-cluster Gateway has in a project: no cluster's hash in its names, and groups of two clusters."""
    groups = [found(NEG, f"k8s1-{cluster * 2}-ingress-web-443-9f8e7d6c", network, f"zones/{place}")
              for cluster, place in (("ab12", "r-b"), ("cd34", "s-b"))]  # fmt: skip
    links = [{"group": group.body["selfLink"]} for group in groups]
    absent = found("backendServices", "gkemcg1-kube-system-gw-serve404-80-7cq0brelgzex", None, "global")
    backend = found("backendServices", "gkemcg1-ingress-web-443-ym0pvrdctvcn", None, "global", backends=links)
    matchers = [{"defaultService": backend.body["selfLink"]}]
    urls = found("urlMaps", "gkemcg1-ingress-edge-94oqhkftu5yz", None, "global",
                 defaultService=absent.body["selfLink"], pathMatchers=matchers)  # fmt: skip
    rule = found("forwardingRules", "gkemcg1-ingress-edge-a5et3e3itxsv", None, "global",
                 target=urls.body["selfLink"],
                 description='{"k8sCluster":"/projects/p/locations/r/clusters/primary"}')  # fmt: skip
    wall = found("firewalls", "gkemcg1-l7-main-global", network, "global",
                 targetTags=["gke-primary-1a2b3c4d-node", "gke-secondary-5e6f7a8b-node"])  # fmt: skip
    return [*groups, absent, backend, urls, rule, wall]


@pytest.mark.parametrize(("standing", "removed"), [([], 7), (["another"], 1), (["primary"], 0), (["secondary"], 0)])
def test_a_multi_cluster_gateways_load_balancer_goes_with_the_last_cluster(standing: list[str], removed: int) -> None:
    """The rule says whose nodes it is for; endpoint groups may be any cluster's that stands."""
    assert len(select(fleets(OURS), OURS, standing).remove) == removed
    assert select(fleets(THEIRS), OURS, standing).remove == ()


def test_what_may_be_a_standing_clusters_stays() -> None:
    selection = select(gateway(OURS), OURS, ["primary"])
    assert selection.remove == ()
    assert {reason for _unused, reason in selection.kept} == {
        "cluster primary stands in this network, and it may be its own"
    }


@pytest.mark.parametrize(("standing", "removed"), [("secondary", 7), ("primary", 0)])
def test_a_rule_says_whose_nodes_it_is_for(standing: str, removed: int) -> None:
    items = gateway(OURS)
    items[0].body["targetTags"] = ["gke-primary-1a2b3c4d-node"]
    assert len(select(items, OURS, [standing]).remove) == removed


@pytest.mark.parametrize(("standing", "removed"), [("secondary", 7), ("primary", 0)])
def test_a_forwarding_rule_says_whose_gateway_it_is_for(standing: str, removed: int) -> None:
    items = gateway(OURS)
    items[-1].body["description"] = (
        '{"k8sResource":"/namespaces/ingress/gateways/edge","k8sCluster":"/projects/p/locations/r/clusters/primary"}'
    )
    assert len(select(items, OURS, [standing]).remove) == removed


def test_own_resources_are_neither_removed_nor_named() -> None:
    own = found("firewalls", "pingpong-allow", OURS, "global")
    assert select([own], OURS, [], "pingpong-").kept == ()


def test_the_task_removes_in_order_and_names_what_stays(google: Google) -> None:
    """Over HTTP: as Google lists it, by place."""
    items = [*gateway(OURS), found("firewalls", "by-hand", OURS, "global")]
    listings: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        listings.setdefault(item.collection, []).append(item.body)
        google.says(f"DELETE /compute/compute/v1/{item.path}", Answer({"kind": "compute#operation", "status": "DONE"}))
    for collection, bodies in listings.items():
        body: dict[str, Any] = {"items": {"regions/r": {collection: bodies}}}
        google.says(f"GET /compute/compute/v1/projects/p/aggregated/{collection}", Answer(body))
    google.says("GET /compute/compute/v1/projects/p/global/firewalls", Answer({"items": listings["firewalls"]}))
    options = {"network": "main", "own_prefix": None, "timeout": 20.0, "parallel": 4, "cloud": cloud_options(google)}
    planned = run_leftovers(options, True)
    assert (planned["mutations"], len(planned["removed"]), planned["changed"]) == (0, 7, True)
    swept = run_leftovers(options, False)
    assert (swept["removed"], swept["mutations"]) == (planned["removed"], 7)
    deleted = [line.rsplit("/", 2)[1] for line in google.seen if line.startswith("DELETE")]
    assert deleted[:4] == ["forwardingRules", "targetHttpsProxies", "urlMaps", "backendServices"]
    assert swept["kept"] == [
        {"path": "projects/p/global/firewalls/by-hand", "why": "no controller of GKE's gives such a name"}
    ]
    assert swept["foreign"] == ["projects/p/global/firewalls/by-hand"]
