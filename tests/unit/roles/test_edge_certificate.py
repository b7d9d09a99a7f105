"""A certificate by ACME: rights on one zone, a namespace that lets cert-manager work, and a day of its own to renew."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from tests.support.roles import ROOT, evaluated, rendered

ISSUED = ["staging", "production"]
Objects = dict[str, dict[str, Any]]


def certificate(inventory: str, host: str = "primary", **changes: Any) -> Objects:
    (objects,) = rendered("edge", inventory, "certificate.yml.j2", host=host, **changes)
    return {entry["kind"]: entry for entry in objects}


def resources(inventory: str, **changes: Any) -> list[dict[str, Any]]:
    (found,) = rendered("edge", inventory, "resources.yml.j2", **changes)
    return list(found)


def policies(inventory: str, **changes: Any) -> Objects:
    return {
        policy["metadata"]["name"]: policy["spec"]
        for policy in evaluated("network_policy", inventory, "__network_policy_objects", **changes)
        if policy["metadata"]["namespace"] == "cert-manager"
    }


@pytest.mark.parametrize("inventory", ISSUED)
def test_cert_manager_may_change_records_of_the_zone_and_nothing_else(inventory: str) -> None:
    project, zone = evaluated("edge", inventory, "platform_project"), evaluated("edge", inventory, "edge_zone")
    of_cert_manager = [entry for entry in resources(inventory) if "cert-manager" in str(entry.get("bindings"))]
    assert of_cert_manager == [
        {
            "kind": "dns_zone_iam",
            "name": "cert-manager",
            "zone": zone,
            "bindings": [
                {
                    "role": "roles/dns.admin",
                    "members": [f"serviceAccount:{project}.svc.id.goog[cert-manager/cert-manager]"],
                }
            ],
        }
    ]


@pytest.mark.parametrize("inventory", ISSUED)
def test_the_issuer_uses_that_identity_and_names_the_zone(inventory: str) -> None:
    issuer = certificate(inventory)["ClusterIssuer"]
    (solver,) = issuer["spec"]["acme"]["solvers"]
    assert solver == {
        "dns01": {
            "cloudDNS": {
                "project": evaluated("edge", inventory, "platform_project"),
                "hostedZoneName": evaluated("edge", inventory, "edge_zone"),
            }
        }
    }, "a key in a Secret would be another identity, and without the zone's name rights in the project are needed"
    assert "caBundle" not in issuer["spec"]["acme"], "a public server's authority is the system's"


def test_a_private_server_is_trusted_by_its_own_authority_alone() -> None:
    issuer = certificate("production", edge_acme_ca="-----BEGIN CERTIFICATE-----\n", edge_acme_email="")[
        "ClusterIssuer"
    ]
    assert base64.b64decode(issuer["spec"]["acme"]["caBundle"]) == b"-----BEGIN CERTIFICATE-----\n"
    assert "email" not in issuer["spec"]["acme"]


@pytest.mark.parametrize("inventory", ISSUED)
def test_the_certificate_is_what_the_gateway_shows_and_there_from_the_start(inventory: str) -> None:
    found = certificate(inventory)["Certificate"]
    (objects,) = rendered("edge", inventory, "objects.yml.j2")
    (gateway,) = (
        entry for entry in objects if entry["apiVersion"].startswith("gateway") and entry["kind"] == "Gateway"
    )
    shown = [entry for entry in gateway["spec"]["listeners"] if "tls" in entry]
    assert {entry["hostname"] for entry in shown} == set(found["spec"]["dnsNames"])
    for entry in shown:
        assert [ref["name"] for ref in entry["tls"]["certificateRefs"]] == [found["spec"]["secretName"]]
    assert found["metadata"]["namespace"] == gateway["metadata"]["namespace"]
    assert found["metadata"]["annotations"] == {"cert-manager.io/issue-temporary-certificate": "true"}
    assert found["spec"]["issuerRef"]["name"] == certificate(inventory)["ClusterIssuer"]["metadata"]["name"]


def test_no_two_clusters_renew_on_one_day() -> None:
    hosts = list(evaluated("edge", "production", "groups['clusters']"))
    hours = [
        int(certificate("production", host)["Certificate"]["spec"]["renewBefore"].removesuffix("h")) for host in hosts
    ]
    assert hours == [30 * 24, 29 * 24]


def test_clusters_are_issued_for_one_after_the_other() -> None:
    """All answer challenges at the same names."""
    ((task,),) = (entry["block"] for entry in yaml.safe_load((ROOT / "roles/edge/tasks/acme.yml").read_text()))
    assert task["throttle"] == 1
    assert task["pingpong.platform.k8s_apply"].get("wait", True), "or the next one begins while this one is under way"


@pytest.mark.parametrize("inventory", ISSUED)
def test_its_namespace_is_restricted_and_lets_it_do_its_work_and_no_more(inventory: str) -> None:
    (level,) = (entry["level"] for entry in evaluated("pod_security", inventory, "pod_security_namespaces")
                if entry["name"] == "cert-manager")  # fmt: skip
    assert level == "restricted"
    found = policies(inventory)
    assert found["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert {"allow-dns-and-monitoring", "allow-api-server", "allow-metadata-server"} <= set(found)
    (chart,) = evaluated("edge", inventory, "__edge_cert_manager")
    webhook = chart["values"]["webhook"]["securePort"]
    assert [rule["ports"] for rule in found["allow-declared"]["ingress"]] == [[{"port": webhook}]]
    assert str(webhook) in evaluated("network", inventory, "network_webhook_ports"), "of the control plane's"
    (out,) = found["allow-declared"]["egress"]
    assert [port["port"] for port in out["ports"]] == [443]
    assert "--dns01-recursive-nameservers-only" in chart["values"]["extraArgs"], "no other name server is let through"


def test_nothing_of_it_is_there_without_acme() -> None:
    assert policies("local") == {}
    assert "cert-manager" not in str(evaluated("pod_security", "local", "pod_security_namespaces"))
    assert "cert-manager" not in str(resources("local"))


@pytest.mark.parametrize("inventory", ISSUED)
def test_the_edge_is_verified_against_whom_clients_trust(inventory: str) -> None:
    """The temporary certificate, and any of the platform's own authority, is none that they do."""
    assert evaluated("verify", inventory, "verify_edge_ca_file") == ""
    assert evaluated("verify", inventory, "verify_endpoint_ca_file").endswith("/authority.pem")
    assert evaluated("verify", inventory, "verify_edge_ca_file", edge_certificate="self-signed").endswith(
        "/authority.pem"
    )
    instances = evaluated("ping", inventory, "ping_instances")
    (found,) = rendered("verify", inventory, "endpoints.yml.j2", __verify_ping={"ping_instances": instances})
    assert {entry["ca_file"] for entry in found if entry["name"].startswith("gateway ")} == {""}


@pytest.mark.parametrize(("said", "named"), [
    ("Challenge a is pending: googleapi: Error 403: Forbidden, forbidden", True),
    ("Challenge a is pending: acme: urn:ietf:params:acme:error:unauthorized", False),
])  # fmt: skip
def test_a_missing_role_is_named(said: str, named: bool) -> None:
    refused = evaluated("edge", "production", "__edge_acme_refused", __edge_acme_unissued=said).strip()
    expected = "expected the role roles/dns.admin on the zone ping-example-com"
    assert (expected in refused) == named == bool(refused)
