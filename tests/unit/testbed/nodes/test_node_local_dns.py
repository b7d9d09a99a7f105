"""NodeLocal DNSCache's objects: who is asked, who asks whom, and what a policy sees."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.cloud.testing import RunningCloud, running_cloud
from testbed.nodes.addons import node_local_dns

OBJECTS: dict[str, Any] = {item["kind"]: item for item in node_local_dns.objects("localhost/x/coredns:1")}
POD = OBJECTS["DaemonSet"]["spec"]["template"]


def test_the_caches_are_ordinary_pods_that_a_policy_can_name() -> None:
    assert POD["metadata"]["labels"] == {"k8s-app": "node-local-dns"}
    assert "hostNetwork" not in POD["spec"]
    assert OBJECTS["DaemonSet"]["spec"]["selector"]["matchLabels"].items() <= POD["metadata"]["labels"].items()


def test_questions_to_kube_dns_go_to_the_cache_of_the_node() -> None:
    spec = OBJECTS["CiliumLocalRedirectPolicy"]["spec"]
    assert spec["redirectFrontend"]["serviceMatcher"] == {"serviceName": "kube-dns", "namespace": "kube-system"}
    assert spec["redirectBackend"]["localEndpointSelector"]["matchLabels"] == POD["metadata"]["labels"]
    served = {(port["name"], str(port["containerPort"]), port["protocol"])
              for port in POD["spec"]["containers"][0]["ports"]}  # fmt: skip
    assert {(port["name"], port["port"], port["protocol"]) for port in spec["redirectBackend"]["toPorts"]} <= served


def test_the_caches_ask_kube_dns_under_another_name_and_never_themselves() -> None:
    (service,) = node_local_dns.upstream()
    assert service["metadata"]["name"] != "kube-dns"
    assert service["spec"]["selector"] == {"k8s-app": "kube-dns"}
    variable = service["metadata"]["name"].upper().replace("-", "_") + "_SERVICE_HOST"
    corefile = OBJECTS["ConfigMap"]["data"]["Corefile"]
    assert corefile.count(f"forward . {{${variable}}}") == corefile.count("forward .") == 2
    assert POD["spec"]["dnsPolicy"] == "Default"


def test_every_plugin_of_the_corefile_is_built_in() -> None:
    from testbed.images.golang import HERE

    built = (HERE / "coredns" / "zplugin.go").read_text()
    lines = [
        line.split()[0] for line in node_local_dns.COREFILE.splitlines() if line.startswith("    ") and line[4] != " "
    ]
    plugins = {"prometheus": "metrics"}
    for name in set(lines) - {"}"}:
        assert f"plugin/{plugins.get(name, name)}" in built


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running_cloud(tmp_path_factory.mktemp("cloud"), settings={"strict_services": False}) as running:
        yield running


@pytest.mark.parametrize(
    ("switch", "asked", "provider", "cached"),
    [
        (True, True, "ADVANCED_DATAPATH", True),
        (True, False, "ADVANCED_DATAPATH", False),
        (True, True, "LEGACY_DATAPATH", False),
        (False, True, "ADVANCED_DATAPATH", False),
    ],
)
def test_who_gets_a_cache(cloud: RunningCloud, switch: bool, asked: bool, provider: str, cached: bool) -> None:
    from types import SimpleNamespace

    from testbed.cloud.services.container.rules.addons import dns_cache

    cloud.admin("PATCH", "settings", {"node_local_dns": switch})
    body = {"addonsConfig": {"dnsCacheConfig": {"enabled": asked}}, "networkConfig": {"datapathProvider": provider}}
    call: Any = SimpleNamespace(cloud=cloud.local.cloud)
    assert dns_cache(call, body) is cached
