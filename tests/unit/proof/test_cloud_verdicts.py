"""What cloud_check makes of a project's answers: each fault goes red and names its cell, the good twin stays green."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.benchmark import NUMBERS
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.check import judge, promised
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import (
    Answer,
    Answers,
    Promise,
    Public,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.observe import COLLECTIONS
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import (
    Bench,
    parse_exceptions,
)

Live = dict[str, Any]
TODAY = date(2026, 6, 1)
BENCH = Bench("cloud", [], TODAY)
OUT, OPEN = "reachable from outside", "open to the internet (CIS 5.6.6)"
LINK = "https://www.googleapis.com/compute/v1/projects/p"
NODES = "net-node@p.iam.gserviceaccount.com"
TOPIC = "projects/p/topics/net-upgrades"
PROMISE = Promise(
    "p",
    [
        Public("address", "edge", "r", ("80", "443")),
        Public("service", "shop/cart", ports=("443",)),
        Public("firewall", "declared"),
    ],
    ["203.0.113.0/24"],
    [
        {
            "name": "one",
            "authorized_networks": ["10.0.0.0/24"],
            "logging": ["SYSTEM_COMPONENTS", "APISERVER"],
            "release_channel": "STABLE",
            "security_posture": "BASIC",
            "binary_authorization": True,
            "node_account": NODES,
            "pools": ["main"],
            "notifications": ["UPGRADE_EVENT", "SECURITY_BULLETIN_EVENT"],
            "notifications_topic": TOPIC,
        }
    ],
    {"net-node": ["roles/logging.logWriter"]},
    0.5,
)


def forwarding(name: str, address: str, ports: str = "443-443", **fields: Any) -> Live:
    given = {"name": name, "IPAddress": address, "portRange": ports, "region": f"{LINK}/regions/r"}
    return {**given, "loadBalancingScheme": "EXTERNAL_MANAGED", **fields}


def firewall(name: str, *sources: str, **fields: Any) -> Live:
    given = {"name": name, "network": f"{LINK}/global/networks/net", "direction": "INGRESS", "priority": 1000}
    return {**given, "sourceRanges": list(sources), "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}], **fields}


def deny(priority: int, *protocols: str, **fields: Any) -> Live:
    denied = [{"IPProtocol": name} for name in protocols or ("all",)]
    rule = firewall("deny", "0.0.0.0/0", priority=priority, denied=denied, **fields)
    return {name: value for name, value in rule.items() if name != "allowed"}


def of_service(name: str) -> str:
    return json.dumps({"kubernetes.io/service-name": name})


CLUSTER: Live = {
    "name": "one",
    "location": "r",
    "status": "RUNNING",
    "controlPlaneEndpointsConfig": {
        "dnsEndpointConfig": {"allowExternalTraffic": False},
        "ipEndpointsConfig": {
            "enabled": True,
            "enablePublicEndpoint": False,
            "authorizedNetworksConfig": {"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.0/24"}]},
        },
    },
    "networkConfig": {"defaultEnablePrivateNodes": True, "enableIntraNodeVisibility": True},
    "ipAllocationPolicy": {"useIpAliases": True},
    "shieldedNodes": {"enabled": True},
    "legacyAbac": {},
    "workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"},
    "anonymousAuthenticationConfig": {"mode": "LIMITED"},
    "releaseChannel": {"channel": "STABLE"},
    "notificationConfig": {
        "pubsub": {
            "enabled": True,
            "topic": TOPIC,
            "filter": {"eventType": ["SECURITY_BULLETIN_EVENT", "UPGRADE_EVENT", "UPGRADE_INFO_EVENT"]},
        }
    },
    "securityPostureConfig": {"mode": "BASIC"},
    "binaryAuthorization": {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
    "loggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "APISERVER"]}},
    "nodePools": [
        {
            "name": "main",
            "networkConfig": {"enablePrivateNodes": True},
            "management": {"autoRepair": True, "autoUpgrade": True},
            "config": {
                "serviceAccount": NODES,
                "imageType": "COS_CONTAINERD",
                "shieldedInstanceConfig": {"enableSecureBoot": True, "enableIntegrityMonitoring": True},
                "workloadMetadataConfig": {"mode": "GKE_METADATA"},
                "metadata": {"disable-legacy-endpoints": "true"},
            },
        }
    ],
}
SUBNETWORK: Live = {"name": "nodes", "region": f"{LINK}/regions/r", "logConfig": {"enable": True, "flowSampling": 0.5}}
GOOD: dict[str, list[Live]] = {
    "forwarding_rules": [
        forwarding("gkegw1-x", "198.51.100.1"),
        forwarding("gkegw1-y", "198.51.100.1", "80-80"),
        forwarding("inner", "10.0.0.9", loadBalancingScheme="INTERNAL"),
    ],
    "addresses": [
        {"name": "edge", "address": "198.51.100.1", "region": f"{LINK}/regions/r"},
        {"name": "nat", "address": "198.51.100.2", "purpose": "NAT_AUTO"},
        {"name": "in", "address": "10.0.0.9", "addressType": "INTERNAL"},
    ],
    "instances": [{"name": "bastion", "zone": f"{LINK}/zones/r-b", "networkInterfaces": [{"networkIP": "10.0.0.2"}]}],
    "subnetworks": [SUBNETWORK, {"name": "proxy", "purpose": "REGIONAL_MANAGED_PROXY"}],
    "firewalls": [
        firewall("health", "35.191.0.0/16", "130.211.0.0/22"), firewall("iap", "35.235.240.0/20"),
        firewall("gkegw1-1a2b-l7-net-r", "35.191.0.0/16", "130.211.0.0/22", "10.9.0.0/23"),
        firewall("inside", "10.0.0.0/8"), firewall("vpn", "203.0.113.0/25"), firewall("declared", "0.0.0.0/0"),
        deny(65534),
    ],
    "clusters": [CLUSTER],
    "accounts": [{"name": f"projects/p/serviceAccounts/{NODES}", "email": NODES}],
    "buckets": [],
    "topics": [{"name": TOPIC}, {"name": f"{TOPIC}-2"}],
    "policy": [{"bindings": [
        {"role": "roles/owner", "members": ["user:a@example.com"]},
        {"role": "roles/editor", "members": ["serviceAccount:1@cloudservices.gserviceaccount.com"]},
        {"role": "roles/logging.logWriter", "members": [f"serviceAccount:{NODES}"]},
    ]}],
}  # fmt: skip


def short(
    collections: dict[str, list[Live]],
    keys: list[Live] | None = None,
    policies: dict[str, Answer] | None = None,
    bench: Bench = BENCH,
) -> list[Cell]:
    """The cells that are not a pass."""
    answers = Answers(
        {name: Answer(tuple(items)) for name, items in collections.items()},
        {NODES: Answer(tuple(keys or ()))}, policies or {},
    )  # fmt: skip
    return [cell for cell in judge(bench, answers, PROMISE) if cell.verdict != "pass"]


def changed(path: str, value: Any) -> list[Live]:
    """The cluster with another value; ``pool.`` begins a path into its node pool."""
    cluster = copy.deepcopy(CLUSTER)
    holder = cluster["nodePools"][0] if path.startswith("pool.") else cluster
    *parents, last = path.removeprefix("pool.").split(".")
    for part in parents:
        holder = holder.setdefault(part, {})
    holder[last] = value
    return [cluster]


def test_a_project_as_promised_is_green() -> None:
    assert set(GOOD) == set(COLLECTIONS)
    assert not [cell.headline() for cell in short(GOOD)]


IP = "controlPlaneEndpointsConfig.ipEndpointsConfig"
DNS = "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic"
FAULTS: list[tuple[str, str, list[Live], str, str]] = [
    ("a load balancer by hand", "forwarding_rules", [forwarding("x", "198.51.100.9")],
     "forwarding_rule r/x", OUT),
    ("another port at the declared address", "forwarding_rules", [forwarding("x", "198.51.100.1", "22-22")],
     "forwarding_rule r/x", OUT),
    ("a Gateway's at an address of its own", "forwarding_rules", [forwarding("gkegw1-1a2b-x", "198.51.100.9")],
     "forwarding_rule r/gkegw1-1a2b-x", OUT),
    ("a Gateway's firewall rule open to everybody", "firewalls", [firewall("gkegw1-1a2b-l7-net-r", "0.0.0.0/0")],
     "firewall gkegw1-1a2b-l7-net-r", OPEN),
    ("a Service that nobody declares", "forwarding_rules",
     [forwarding("k8s2-x", "198.51.100.9", description=of_service("shop/other"))],
     "forwarding_rule r/k8s2-x", OUT),
    ("a declared Service's name by hand", "forwarding_rules",
     [forwarding("mine", "198.51.100.9", description=of_service("shop/cart"))],
     "forwarding_rule r/mine", OUT),
    ("a public address", "addresses", [{"name": "x", "address": "198.51.100.9"}], "address x", OUT),
    ("the declared name in another region", "addresses",
     [{"name": "edge", "address": "198.51.100.9", "region": f"{LINK}/regions/s"}],
     "address s/edge", OUT),
    ("a machine with an external address", "instances",
     [{"name": "x", "zone": "z/r-b", "networkInterfaces": [{"accessConfigs": [{"natIP": "198.51.100.9"}]}]}],
     "instance r-b/x", OUT),
    ("a rule open to everybody", "firewalls", [firewall("x", "0.0.0.0/0"), deny(65534)],
     "firewall x", OPEN),
    ("a rule without sources", "firewalls", [firewall("x")], "firewall x", OPEN),
    ("a rule for IPv6", "firewalls", [firewall("x", "::/0"), deny(10)], "firewall x", OPEN),
    ("half of the internet", "firewalls", [firewall("x", "0.0.0.0/1")], "firewall x", OPEN),
    ("a deny for other machines", "firewalls", [firewall("x", "0.0.0.0/0"), deny(10, targetTags=["a"])],
     "firewall x", OPEN),
    ("a deny of another protocol", "firewalls", [firewall("x", "0.0.0.0/0"), deny(10, "udp")],
     "firewall x", OPEN),
    ("a deny of another network", "firewalls", [firewall("x", "0.0.0.0/0"), deny(10, network="n/other")],
     "firewall x", OPEN),
    ("a deny that is off", "firewalls", [firewall("x", "0.0.0.0/0"), deny(10, disabled=True)],
     "firewall x", OPEN),
    ("a public control plane", "clusters", changed(f"{IP}.enablePublicEndpoint", True),
     "cluster r/one", "public endpoint (CIS 5.6.4)"),
    ("no authorized networks", "clusters", changed(f"{IP}.authorizedNetworksConfig", {}),
     "cluster r/one", "authorized networks (CIS 5.6.3)"),
    ("everybody authorized", "clusters",
     changed(f"{IP}.authorizedNetworksConfig.cidrBlocks", [{"cidrBlock": "0.0.0.0/0"}]),
     "cluster r/one", "authorized networks (CIS 5.6.3)"),
    ("another network authorized", "clusters",
     changed(f"{IP}.authorizedNetworksConfig.cidrBlocks", [{"cidrBlock": "192.0.2.0/24"}]),
     "cluster r/one", "authorized networks (CIS 5.6.3)"),
    ("an open DNS endpoint", "clusters", changed(DNS, True),
     "cluster r/one", "DNS endpoint"),
    ("legacy ABAC", "clusters", changed("legacyAbac.enabled", True), "cluster r/one", "legacy ABAC (CIS 5.8.3)"),
    ("no notifications", "clusters", changed("notificationConfig", {"pubsub": {}}),
     "cluster r/one", "upgrade notifications"),
    ("notifications switched off", "clusters", changed("notificationConfig.pubsub.enabled", False),
     "cluster r/one", "upgrade notifications"),
    ("notifications to another topic", "clusters", changed("notificationConfig.pubsub.topic", f"{TOPIC}-2"),
     "cluster r/one", "upgrade notifications"),
    ("a promised event filtered out", "clusters",
     changed("notificationConfig.pubsub.filter.eventType", ["UPGRADE_EVENT"]),
     "cluster r/one", "upgrade notifications"),
    ("a topic that was deleted", "topics", [{"name": f"{TOPIC}-2"}], "cluster r/one", "upgrade notifications"),
    ("shielded nodes off", "clusters", changed("shieldedNodes", {}), "cluster r/one", "shielded nodes (CIS 5.5.5)"),
    ("a client certificate", "clusters", changed("masterAuth.clientCertificate", "x"),
     "cluster r/one", "client certificate (CIS 5.8.1)"),
    ("no audit log", "clusters", changed("loggingConfig.componentConfig.enableComponents", ["SYSTEM_COMPONENTS"]),
     "cluster r/one", "logging (CIS 5.7.1)"),
    ("no images held back", "clusters", changed("binaryAuthorization", {}),
     "cluster r/one", "binary authorization (CIS 5.10.4)"),
    ("another channel", "clusters", changed("releaseChannel.channel", "RAPID"),
     "cluster r/one", "release channel (CIS 5.5.4)"),
    ("the default account", "clusters", changed("pool.config.serviceAccount", "default"),
     "node_pool r/one/main", "node account (CIS 5.2.1)"),
    ("the default account by its name", "clusters",
     changed("pool.config.serviceAccount", "1-compute@developer.gserviceaccount.com"),
     "node_pool r/one/main", "node account (CIS 5.2.1)"),
    ("no secure boot", "clusters", changed("pool.config.shieldedInstanceConfig", {"enableIntegrityMonitoring": True}),
     "node_pool r/one/main", "secure boot (CIS 5.5.7)"),
    ("nodes with addresses", "clusters", changed("pool.networkConfig", {}),
     "node_pool r/one/main", "private nodes (CIS 5.6.5)"),
    ("the machine's metadata", "clusters", changed("pool.config.workloadMetadataConfig.mode", "GCE_METADATA"),
     "node_pool r/one/main", "metadata server (CIS 5.4.1)"),
    ("an undeclared pool", "clusters", changed("pool.name", "miners"), "cluster r/one", "undeclared pools"),
    ("flow logs off", "subnetworks", [{**SUBNETWORK, "logConfig": {"enable": False}}],
     "subnetwork r/nodes", "flow logs (CIS 5.6.1)"),
    ("fewer flows than promised", "subnetworks", [{**SUBNETWORK, "logConfig": {"enable": True, "flowSampling": 0.1}}],
     "subnetwork r/nodes", "flow logs (CIS 5.6.1)"),
    ("an editor", "policy", [{"bindings": [{"role": "roles/editor", "members": ["serviceAccount:x@p"]}]}],
     "service_account x@p", "primitive roles of service accounts"),
    ("one role more", "policy",
     [{"bindings": [{"role": "roles/storage.admin", "members": [f"serviceAccount:{NODES}"]}]}],
     f"service_account {NODES}", "roles"),
    ("everybody in the project", "policy", [{"bindings": [{"role": "roles/browser", "members": ["allUsers"]}]}],
     "project p", "public members (CIS 5.1.2)"),
    ("somebody who leaves no trace", "policy",
     [{"auditConfigs": [{"service": "allServices", "auditLogConfigs": [{"exemptedMembers": ["user:a@example.com"]}]}]}],
     "project p", "exempted from audit logs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("collection", "live", "target", "case"), [row[1:] for row in FAULTS], ids=[r[0] for r in FAULTS]
)
def test_a_fault_goes_red_and_names_its_cell(collection: str, live: list[Live], target: str, case: str) -> None:
    found = short({**GOOD, collection: live})
    if collection == "addresses":
        # The load balancer's own address is gone as well.
        found = [cell for cell in found if not cell.target.startswith("forwarding_rule")]
    cells = [(cell.target, cell.case, cell.verdict) for cell in found]
    assert (target, case, "fail") in cells
    assert len(cells) == 1


DENIED: list[tuple[str, list[Live]]] = [
    ("all of it", [firewall("x", "0.0.0.0/0"), deny(1000)]),
    ("its machines", [firewall("x", "0.0.0.0/0", targetTags=["a"]), deny(10, targetTags=["a", "b"])]),
    ("its protocol by number", [firewall("x", "0.0.0.0/0"), deny(10, "6")]),
    ("it is off", [firewall("x", "0.0.0.0/0", disabled=True)]),
    ("it is for what leaves", [firewall("x", "0.0.0.0/0", direction="EGRESS")]),
    ("of a declared Service", [firewall("k8s-fw-x", "0.0.0.0/0", description=of_service("shop/cart"))]),
]


@pytest.mark.parametrize("rules", [row[1] for row in DENIED], ids=[row[0] for row in DENIED])
def test_a_rule_without_effect_opens_nothing(rules: list[Live]) -> None:
    assert not short({**GOOD, "firewalls": rules})


def test_a_key_and_a_public_registry_are_named() -> None:
    key = {"name": f"projects/p/serviceAccounts/{NODES}/keys/abc", "keyType": "USER_MANAGED"}
    system = {"name": f"projects/p/serviceAccounts/{NODES}/keys/def", "keyType": "SYSTEM_MANAGED"}
    everybody = Answer(({"bindings": [{"role": "roles/artifactregistry.reader", "members": ["allUsers"]}]},))
    found = {cell.target: cell.observed for cell in short(GOOD, [key, system], {"repository r/images": everybody})}
    assert found == {
        f"service_account {NODES}": "abc",
        "repository r/images": "allUsers as roles/artifactregistry.reader",
    }


def test_a_cluster_without_a_filter_sends_every_event() -> None:
    assert not short({**GOOD, "clusters": changed("notificationConfig.pubsub.filter", {})})


def test_undeclared_and_missing_clusters_are_named() -> None:
    found = {(cell.target, cell.case) for cell in short({**GOOD, "clusters": changed("name", "two")})}
    assert {("cluster r/two", "undeclared"), ("cluster one", "live")} <= found


@pytest.mark.parametrize("name", list(GOOD))
def test_what_cannot_be_asked_is_inconclusive(name: str) -> None:
    collections = {key: Answer(tuple(items)) for key, items in GOOD.items()}
    collections[name] = Answer(unread="some.permission is needed: 403")
    cells = judge(Bench("cloud", [], TODAY), Answers(collections), PROMISE)
    unread = [cell for cell in cells if "some.permission is needed" in cell.reason]
    assert unread
    assert {cell.verdict for cell in unread} == {"inconclusive"}


@pytest.mark.parametrize(("until", "count"), [("2026-06-01", 0), ("2026-05-31", 1)])
def test_an_exception_excuses_until_its_day(until: str, count: int) -> None:
    excuse = [{"target": "firewall of*", "cases": ["open to the internet"], "reason": "moving", "until": until}]
    rules = [firewall("office", "0.0.0.0/0")]
    assert len(short({**GOOD, "firewalls": rules}, bench=Bench("cloud", parse_exceptions(excuse), TODAY))) == count


def test_every_number_of_the_benchmark_belongs_to_a_cell() -> None:
    promise = {**PROMISE.clusters[0], "monitoring": [], "secrets_key": "k", "disk_key": "k"}
    answers = Answers({name: Answer(tuple(items)) for name, items in GOOD.items()})
    cases = {
        cell.case.partition(" (CIS")[0]
        for cell in judge(Bench("cloud", [], TODAY), answers, Promise("p", clusters=[promise], flow_sampling=0.5))
    }
    assert not set(NUMBERS) - cases


def test_a_malformed_range_is_named() -> None:
    options: dict[str, Any] = {"trusted_ranges": ["10.0.0.0/24", "office"]}
    with pytest.raises(OptionError, match=r"trusted_ranges\[1\]: found 'office'"):
        promised("p", options)
