"""What there is to prove, read from objects and from the kernel's tables: ports, who has them, and what leads there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.filter_chains import (
    FilterChain,
    parse_dump,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.services import Address, routes_to
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.sockets import (
    Listening,
    Socket,
    parse_tables,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import plan, undeclared_ports
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.offers import Offer, offers_for
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.exceptions import parse_exceptions
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.pods import (
    datagram_cells,
    listening_cells,
    sidecar_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import mesh_pods, node_network_pods
from mtls_support import ADDRESS_A, ADDRESS_B, SERVICE, TODAY, endpoints, listens, pod, topology

B = mesh_pods([pod("b", ADDRESS_B)])[0]
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
TCP = f"""{HEADER}
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 1 1 0 100 0 0 10 0
   1: 0100007F:3A98 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1337        0 2 1 0 100 0 0 10 0
   2: 3500007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 0B00000A:1F91 0C00000A:C350 01 00000000:00000000 00:00000000 00000000 65532        0 4 1 0 100 0 0 10 0
   4: 00000000:3AF2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1337        0 5 1 0 100 0 0 10 0
"""
TCP6 = f"""{HEADER}
   0: 00000000000000000000000000000000:2378 00000000000000000000000000000000:0000 0A 0:0 00:0 0 65532 0 6
   1: 00000000000000000000000001000000:2379 00000000000000000000000000000000:0000 0A 0:0 00:0 0 65532 0 7
   2: 0000000000000000FFFF00000100007F:237A 00000000000000000000000000000000:0000 0A 0:0 00:0 0 65532 0 8
"""
UDP = f"""{HEADER} ref pointer drops
  10: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 9 2 x 0
  11: 0100007F:3ACD 00000000:0000 07 00000000:00000000 00:00000000 00000000  1337        0 9 2 x 0
  12: 0B00000A:8235 0C00000A:0035 01 00000000:00000000 00:00000000 00000000 65532        0 9 2 x 0
"""
SCTP = """ ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
ffff ffff 2   10  12    2905 65532 77 0.0.0.0
ffff ffff 2   7   12    2906 65532 78 0.0.0.0
"""


def test_the_kernels_tables_say_who_listens_where_beside_loopback_and_connections() -> None:
    assert parse_tables(TCP + TCP6 + UDP + SCTP) == (
        Socket(2905, "SCTP", 65532), Socket(5353, "UDP", 65532), Socket(8080, "TCP", 65532),
        Socket(9080, "TCP", 65532), Socket(15090, "TCP", 1337),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "sh: cat: not found"])
def test_no_table_is_not_a_pod_that_listens_on_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="no table of sockets"):
        parse_tables(text)


@pytest.mark.parametrize(
    ("socket", "called"),
    [
        (Socket(7777, "TCP", 65532), True),
        (Socket(15050, "TCP", 65532), True),  # in the proxy's range, and none of its ports
        (Socket(15050, "TCP", 1337), True),
        (Socket(15090, "TCP", 65532), True),  # one of its ports, and somebody else who listens there
        (Socket(15090, "TCP", 1337), False),
        (Socket(15006, "TCP", 1337), False),
        (Socket(8080, "TCP", 65532), False),  # declared
    ],
)
def test_only_what_the_proxy_itself_listens_on_of_its_ports_is_its_own(socket: Socket, called: bool) -> None:
    of = topology(listening={ADDRESS_B: Listening((socket,), "t")})
    assert undeclared_ports(of, B) == ([socket.port] if called else [])


def test_a_proxy_that_runs_as_another_user_is_known_by_that_user() -> None:
    live = pod("b", ADDRESS_B)
    live["spec"]["initContainers"][0]["securityContext"] = {"runAsUser": 1000660001}
    (target,) = mesh_pods([live])
    sockets = (Socket(15090, "TCP", 1000660001), Socket(15021, "TCP", 1337))
    assert Listening(sockets, "t").tcp(target) == [15021]


def test_ports_of_native_sidecars_are_declared_and_those_of_other_init_containers_are_not() -> None:
    live = pod("b", ADDRESS_B)
    live["spec"]["initContainers"] += [
        {"name": "metrics", "restartPolicy": "Always", "ports": [{"name": "side", "containerPort": 9100}]},
        {"name": "migrate", "ports": [{"containerPort": 9200}]},
    ]
    (target,) = mesh_pods([live])
    assert target.declared == (8080, 9080, 9100)
    assert target.names["side"] == 9100
    assert target.containers == ("ping", "metrics")
    tried = {attempt.port for attempt in plan(topology(pods=[topology().pods[0], target]))}
    assert tried == {8080, 9080, 9100}


def test_what_a_pod_listens_on_is_known_or_the_cell_is_no_pass() -> None:
    of = topology(listening={ADDRESS_A: listens(8080), ADDRESS_B: Listening(None, "istio-proxy: no cat")})
    found = listening_cells("primary", of)
    assert [(cell.target, cell.verdict) for cell in found] == [("a/a-5d-x", "pass"), ("b/b-5d-x", "inconclusive")]
    assert "istio-proxy: no cat" in found[1].reason


EXCEPTION = {"namespace": "b", "port": 5353, "cases": ["udp"], "reason": "discovery", "until": "2026-12-31"}


@pytest.mark.parametrize(
    ("declared", "live", "exceptions", "expected"),
    [
        ([], [], [], {}),
        ([{"containerPort": 5353, "protocol": "UDP"}], [], [], {("b/b:5353", "udp"): "fail"}),
        ([{"containerPort": 2905, "protocol": "SCTP"}], [], [], {("b/b:2905", "sctp"): "fail"}),
        ([], [Socket(5353, "UDP", 65532)], [], {("b/b:5353", "udp"): "fail"}),
        ([], [Socket(5353, "UDP", 65532)], [EXCEPTION], {("b/b:5353", "udp"): "pass"}),
        ([], [Socket(5353, "UDP", 65532)], [{**EXCEPTION, "until": "2026-11-01"}], {("b/b:5353", "udp"): "fail"}),
        ([], [Socket(5353, "UDP", 1337)], [], {}),  # the proxy's own
        ([], [Socket(40000, "UDP", 65532)], [], {("b/b:40000", "udp"): "inconclusive"}),
        ([{"containerPort": 40000, "protocol": "UDP"}], [], [], {("b/b:40000", "udp"): "fail"}),
    ],
)
def test_a_port_that_no_mutual_tls_protects_is_a_cell_that_only_an_exception_excuses(
    declared: list[Any], live: list[Socket], exceptions: list[Any], expected: dict[tuple[str, str], str]
) -> None:
    target = pod("b", ADDRESS_B)
    target["spec"]["containers"][0]["ports"] += declared
    of = topology(pods=mesh_pods([target]), listening={ADDRESS_B: Listening(tuple(live), "t")})
    found = datagram_cells("primary", of, parse_exceptions(exceptions), TODAY)
    assert {(cell.target, cell.case): cell.verdict for cell in found} == expected


def test_a_pod_on_its_nodes_network_has_no_sidecar_that_captures_its_ports() -> None:
    live = pod("b", "192.0.2.7")
    live["spec"]["hostNetwork"] = True
    assert mesh_pods([live]) == []
    (cell,) = sidecar_cells("primary", [], node_network_pods([live]))
    assert (cell.target, cell.verdict) == ("b/b-5d-x", "fail")


def service(name: str = "b", **spec: Any) -> dict[str, Any]:
    found = {**SERVICE["spec"], "clusterIP": "10.96.0.7", **spec}
    return {"metadata": {"name": name, "namespace": "b"}, "spec": found}


PORT_8080 = [{"name": "http", "port": 8080}]


@pytest.mark.parametrize(
    ("services", "slices", "expected"),
    [
        ([service()], [endpoints()], Address("b.b.svc", 80)),
        ([], [endpoints()], None),
        # headless: the name is the pod's address, and nothing translates 80 to 8080
        ([service(clusterIP="None")], [endpoints()], None),
        ([service(clusterIP="None", ports=PORT_8080)], [endpoints()], Address("b.b.svc", 8080)),
        ([service(type="ExternalName", externalName="b.example")], [endpoints()], None),
        ([service()], [endpoints(ready=False)], None),
        ([service()], [endpoints(address="10.0.1.9")], None),
        ([service()], [endpoints(port=9080)], None),
        ([service()], [], None),
        # no selector, and endpoints that somebody else keeps
        ([service(selector=None)], [endpoints()], Address("b.b.svc", 80)),
        ([service(ports=[{"name": "http", "port": 80, "protocol": "UDP"}])], [endpoints()], None),
    ],
)
def test_a_service_leads_to_a_pods_port_where_its_endpoints_do(
    services: list[Any], slices: list[Any], expected: Address | None
) -> None:
    found = routes_to(B, 8080, services, slices)
    assert (found[0].address if found else None) == expected


def test_of_several_services_one_that_leads_there_is_called() -> None:
    """The one that is listed first leads nowhere, the next carries TCP, and another one is headless."""
    services = [
        {**service(clusterIP="None"), "metadata": {"name": "nowhere", "namespace": "b"}},
        service("tcp", ports=[{"name": "tcp", "port": 81}]),
        service("pods", clusterIP="None", ports=PORT_8080),
        service("good"),
    ]
    slices = [
        {**endpoints(), "metadata": {"namespace": "b", "labels": {"kubernetes.io/service-name": name}}}
        for name in ("nowhere", "pods", "good")
    ]
    slices.append(
        {**endpoints(name="tcp"), "metadata": {"namespace": "b", "labels": {"kubernetes.io/service-name": "tcp"}}}
    )
    assert [route.service for route in routes_to(B, 8080, services, slices)] == ["good", "pods", "tcp"]
    called = {attempt.address for attempt in plan(topology(services=services, slices=slices)) if attempt.run_in}
    assert Address("good.b.svc", 80) in called and Address("nowhere.b.svc", 80) not in called


def test_every_protocol_is_offered_with_every_kind_of_name() -> None:
    offers = offers_for(B, 8080, routes_to(B, 8080, [SERVICE], [endpoints()]), ())
    protocols = {offer.protocol for offer in offers}
    assert protocols == {None, "http/1.1", "h2", "istio", "istio-http/1.1", "istio-peer-exchange"}
    names = {offer.server_name for offer in offers}
    assert {None, "b.b.svc.cluster.local", "outbound_.80_._.b.b.svc.cluster.local"} < names
    assert len(names) == 4 and len(offers) == 24


def test_what_the_targets_own_filter_chains_ask_for_is_offered_as_well() -> None:
    chains = [FilterChain(8080, ("mongodb",), ("*.example",)), FilterChain(9080, ("other",), ())]
    beside = [offer for offer in offers_for(B, 8080, (), chains) if offer.protocol in ("mongodb", "other")]
    assert beside == [Offer("mongodb", "any.example")]


def test_filter_chains_are_those_of_the_inbound_listener_that_an_offer_decides_about() -> None:
    def listener(port: int, *matches: dict[str, Any]) -> dict[str, Any]:
        chains = [{"filter_chain_match": match} for match in matches]
        address = {"socket_address": {"port_value": port}}
        return {"active_state": {"listener": {"address": address, "filter_chains": chains}}}

    inbound = listener(
        15006, {"transport_protocol": "tls"},
        {"destination_port": 8080, "application_protocols": ["http/1.1"]}, {"server_names": ["b.example"]},
    )  # fmt: skip
    outbound = listener(15001, {"application_protocols": ["h2"]})
    assert parse_dump({"configs": [inbound, outbound, {}]}) == (
        FilterChain(8080, ("http/1.1",), ()), FilterChain(None, (), ("b.example",)),
    )  # fmt: skip


def test_a_dead_services_endpoint_leaves_the_call_by_address() -> None:
    of = replace(topology(), slices=[])
    assert {attempt.case.name for attempt in plan(of) if attempt.run_in} == {"pod_ip_via_sidecar"}
