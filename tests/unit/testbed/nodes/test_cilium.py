"""The network's settings that the platform depends on."""

from __future__ import annotations

import ipaddress

from testbed.nodes.network import addresses, cilium

VALUES = cilium.values("pingpong-local-secondary-of-a-long-name", "198.51.100.3", "localhost/x/a:1", "localhost/x/o:2")


def test_kube_proxy_is_replaced_and_the_api_server_found_without_a_service() -> None:
    assert VALUES["kubeProxyReplacement"] is True
    assert (VALUES["k8sServiceHost"], VALUES["k8sServicePort"]) == ("198.51.100.3", 6443)


def test_pods_keep_their_address_on_the_way_to_pods_of_any_cluster_and_to_nothing_else() -> None:
    native = ipaddress.IPv4Network(VALUES["ipv4NativeRoutingCIDR"])
    plans = [addresses.plan(slot) for slot in range(addresses.SLOTS)]
    assert all(plan.pods.subnet_of(native) and not plan.services.overlaps(native) for plan in plans)
    assert not native.overlaps(addresses.SUBNET)


def test_istio_can_be_chained_and_redirect() -> None:
    assert VALUES["cni"]["exclusive"] is False
    assert VALUES["socketLB"]["hostNamespaceOnly"] is True


def test_no_capability_that_a_container_may_lack_is_asked_for() -> None:
    assert all("SYS_RESOURCE" not in names for names in VALUES["securityContext"]["capabilities"].values())


def test_a_cache_on_the_node_needs_local_redirection() -> None:
    cached = cilium.values("c", "198.51.100.3", "a:1", "o:2", dns_cache=True)
    assert [chart["localRedirectPolicies"]["enabled"] for chart in (VALUES, cached)] == [False, True]


def test_the_images_are_those_built_here() -> None:
    assert (VALUES["image"]["repository"], VALUES["image"]["tag"]) == ("localhost/x/a", "1")
    assert VALUES["operator"]["image"]["override"] == "localhost/x/o:2"


def test_a_cluster_name_fits_ciliums_limit() -> None:
    assert len(VALUES["cluster"]["name"]) <= 32
    assert VALUES["cluster"]["name"][-1].isalnum()


def test_load_balancers_use_the_clusters_pool() -> None:
    pool, announcement = cilium.load_balancer_pool(addresses.plan(1))
    block = pool["spec"]["blocks"][0]
    assert ipaddress.ip_address(block["start"]) in addresses.SUBNET
    assert [block["start"], block["stop"]] == list(map(str, addresses.plan(1).load_balancers))
    assert announcement["spec"]["loadBalancerIPs"] is True
