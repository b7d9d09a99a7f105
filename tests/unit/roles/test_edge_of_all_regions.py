"""One load balancer for all regions by one variable: one address, one Gateway, exports in every cluster."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.roles import INVENTORIES, evaluated, rendered

ON: dict[str, Any] = {"edge_multicluster": True, "edge_project_number": "123456789012"}
MESH = ("networking.istio.io/v1", "Gateway")


@pytest.fixture(params=INVENTORIES)
def inventory(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def resources(inventory: str, **changes: Any) -> list[dict[str, Any]]:
    return list(evaluated("edge", inventory, "__edge_resources", **{**ON, **changes}))


def objects(inventory: str, host: str, **changes: Any) -> dict[tuple[str, str], dict[str, Any]]:
    found = evaluated("edge", inventory, "__edge_objects", host=host, **{**ON, **changes})
    return {(entry["apiVersion"], entry["kind"]): entry for entry in found}


def test_records_name_one_address_and_nothing_fails_over(inventory: str) -> None:
    found = resources(inventory)
    (address,) = [entry for entry in found if "address" in entry["kind"]]
    assert address["kind"] == "global_address" and "region" not in address
    records = [entry for entry in found if entry["kind"] == "dns_record"]
    assert len(records) == len(evaluated("edge", inventory, "edge_hosts"))
    for record in records:
        assert record["rrdatas"] == [f"${{global_address/{address['name']}:address}}"]
        assert "routingPolicy" not in record
    assert not [entry for entry in found if entry["kind"] == "health_check"], "no record asks who is healthy"


def test_policies_are_of_the_load_balancers_scope(inventory: str) -> None:
    """A regional policy can't be attached to a global backend service or proxy."""
    policies = {entry["kind"]: entry["name"] for entry in resources(inventory) if entry["kind"].endswith("_policy")}
    front = objects(inventory, "primary")
    named = front["networking.gke.io/v1", "GCPBackendPolicy"]["spec"]["default"]["securityPolicy"]
    spoken = front["networking.gke.io/v1", "GCPGatewayPolicy"]["spec"]["default"]["sslPolicy"]
    assert policies == {"global_security_policy": named, "global_ssl_policy": spoken}


def test_the_fleet_has_every_cluster_and_the_gateways_account_its_role(inventory: str) -> None:
    found = resources(inventory)
    hosts = evaluated("edge", inventory, "groups['clusters']")
    members = [entry for entry in found if entry["kind"] == "membership"]
    for member, host in zip(members, hosts, strict=True):
        link = member["endpoint"]["gkeCluster"]["resourceLink"]
        assert link.endswith(f"/clusters/{member['name']}")
        assert evaluated("edge", inventory, "platform_region", host=host) in link
        assert member["authority"]["issuer"].endswith(link.removeprefix("//container.googleapis.com/"))
    (ingress,) = [entry for entry in found if entry.get("name") == "multiclusteringress"]
    place = ingress["spec"]["multiclusteringress"]["configMembership"]
    assert place.endswith(f"/memberships/{members[0]['name']}")
    (grants,) = [entry for entry in found if entry["kind"] == "project_iam"]
    account = "serviceAccount:service-123456789012@gcp-sa-multiclusteringress.iam.gserviceaccount.com"
    assert {"role": "roles/container.admin", "members": [account]} in grants["bindings"]
    (services,) = [entry for entry in found if entry["kind"] == "services"]
    assert {f"{entry['name']}.googleapis.com" for entry in found if entry["kind"] == "feature"} <= set(
        services["serviceIds"]
    )


@pytest.mark.parametrize("config", ["primary", "secondary"])
def test_the_gateway_is_in_the_config_cluster_and_what_it_leads_to_in_all(inventory: str, config: str) -> None:
    other = {"primary": "secondary", "secondary": "primary"}[config]
    front, back = (objects(inventory, host, edge_config_cluster=config) for host in (config, other))
    assert set(back) == {MESH, ("net.gke.io/v1", "ServiceExport")}
    assert {name: front[name] for name in back} == back, "a fleet takes what has the same name for the same"
    gateway = front["gateway.networking.k8s.io/v1", "Gateway"]
    assert gateway["spec"]["gatewayClassName"] == "gke-l7-global-external-managed-mc"
    (address,) = [entry for entry in resources(inventory) if entry["kind"] == "global_address"]
    assert gateway["spec"]["addresses"] == [{"type": "NamedAddress", "value": address["name"]}]
    export = front["net.gke.io/v1", "ServiceExport"]["metadata"]
    imported = {"group": "net.gke.io", "kind": "ServiceImport", "name": export["name"]}
    for kind in ("HealthCheckPolicy", "GCPBackendPolicy"):
        assert front["networking.gke.io/v1", kind]["spec"]["targetRef"] == imported
    assert front["gateway.networking.k8s.io/v1", "BackendTLSPolicy"]["spec"]["targetRefs"] == [imported]


def test_the_cache_is_a_filter_of_the_route_and_only_when_it_is_on(inventory: str) -> None:
    def filters(**changes: Any) -> list[str]:
        found = evaluated("edge", inventory, "__edge_objects", **{**ON, **changes})
        routes = [entry for entry in found if entry["kind"] == "HTTPRoute"]
        rules = [rule for entry in routes for rule in entry["spec"]["rules"]]
        return [ref["extensionRef"]["name"] for rule in rules for ref in rule["filters"] if "extensionRef" in ref]

    assert filters() == []
    (name,) = filters(edge_cdn=True)
    cache = objects(inventory, "primary", edge_cdn=True)["networking.gke.io/v1", "GCPHTTPFilter"]
    assert cache["metadata"]["name"] == name and cache["spec"]["cachePolicy"]["cacheMode"] == "USE_ORIGIN_HEADERS"


def test_off_by_default_nothing_of_it_is_declared(inventory: str) -> None:
    off = {"edge_multicluster": False}
    assert {"membership", "feature", "global_address", "project_iam"}.isdisjoint(
        entry["kind"] for entry in resources(inventory, **off)
    )
    for host in ("primary", "secondary"):
        found = objects(inventory, host, **off)
        assert ("net.gke.io/v1", "ServiceExport") not in found and ("gateway.networking.k8s.io/v1", "Gateway") in found
    assert resources(inventory, **off) == resources(inventory, edge_multicluster=evaluated(
        "edge", inventory, "edge_multicluster"))  # fmt: skip


@pytest.mark.parametrize(("on", "region"), [(True, {None}), (False, {"region"})])
def test_cloud_check_is_told_of_the_addresses_that_are_declared(inventory: str, on: bool, region: set[str]) -> None:
    (public,) = rendered("verify", inventory, "public.yml.j2", __verify_ping={"ping_instances": []},
                         edge_name=evaluated("edge", inventory, "edge_name"), edge_multicluster=on)  # fmt: skip
    declared = {entry["name"]: entry.get("region") for entry in public if entry["kind"] == "address"}
    made = {entry["name"]: entry.get("region") for entry in resources(inventory, edge_multicluster=on)
            if entry["kind"] in ("address", "global_address")}  # fmt: skip
    assert declared == made
    assert {None if value is None else "region" for value in made.values()} == region
