"""TLS ends at three levels in every environment: what serves it, what may reach it, and what verify looks at agree."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.support.roles import INVENTORIES, ROOT, evaluated, rendered

VALUES = json.loads((ROOT / "service" / "chart" / "values.schema.json").read_text())
INGRESS = ("access.yml.j2", "contour.yml.j2", "envoy.yml.j2")


@pytest.fixture(params=INVENTORIES)
def inventory(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def instances(inventory: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = evaluated("ping", inventory, "ping_instances")
    return found


def releases(inventory: str) -> dict[str, dict[str, Any]]:
    return {release["name"]: release for release in evaluated("ping", inventory, "__ping_releases")}


def secrets(inventory: str) -> set[tuple[str, str]]:
    kept = [sink["secret"] for entry in evaluated("ping", inventory, "__ping_certificates") for sink in entry["sinks"]]
    return {(secret["namespace"], secret["name"]) for secret in kept}


def endpoints(inventory: str) -> list[dict[str, Any]]:
    (found,) = rendered("verify", inventory, "endpoints.yml.j2", __verify_ping={"ping_instances": instances(inventory)})
    assert isinstance(found, list)
    return found


def ingress(inventory: str) -> list[Any]:
    return [thing for template in INGRESS for thing in rendered("ingress", inventory, template)]


def test_every_release_is_one_that_the_chart_takes(inventory: str) -> None:
    for release in releases(inventory).values():
        jsonschema.validate(release["values"], VALUES)


def test_every_certificate_that_is_served_is_kept_where_it_is_served(inventory: str) -> None:
    served = set()
    for release in releases(inventory).values():
        values, namespace = release["values"], release["namespace"]
        if values.get("gateway", {}).get("enabled"):
            assert values["gateway"]["name"] == "istio-ingress/edge"
        if values.get("tls", {}).get("enabled"):
            served.add((namespace, values["tls"]["secretName"]))
        if values.get("ingress", {}).get("enabled"):
            served.add((namespace, values["ingress"]["secretName"]))
    assert served == secrets(inventory)
    assert {namespace for namespace, _unused in served} == {"pingpong-tls"}


def test_the_load_balancer_verifies_what_the_mesh_gateway_serves(inventory: str) -> None:
    (objects,) = rendered("edge", inventory, "objects.yml.j2")
    by_kind = {obj["kind"]: obj for obj in objects if obj["kind"] != "Gateway"}
    (gateway,) = [obj for obj in objects if obj["apiVersion"].startswith("networking.istio.io")]
    (backend,) = [entry for entry in evaluated("edge", inventory, "__edge_certificates") if entry["name"] == "backend"]
    validation = by_kind["BackendTLSPolicy"]["spec"]["validation"]
    assert [validation["hostname"]] == backend["dns"]
    assert validation["caCertificateRefs"][0]["name"] == by_kind["ConfigMap"]["metadata"]["name"]
    (server,) = gateway["spec"]["servers"]
    assert server["hosts"] == ["*"], "Google sends no name of the client's"
    assert server["tls"]["credentialName"] == backend["sinks"][0]["secret"]["name"]


def test_an_instance_outside_the_mesh_takes_nothing_in_plain_text(inventory: str) -> None:
    outside = [releases(inventory)[entry["name"]]["values"] for entry in instances(inventory)
               if not entry.get("mesh", True)]  # fmt: skip
    assert outside
    for values in outside:
        assert values["callers"] == []
        assert values["networkPolicy"] == {"peers": [], "meshNamespace": "", "tlsCallers": ["ingress"]}
        assert values["peerAuthentication"] == {"enabled": False}
        assert values["tls"]["enabled"]
        assert values["ingress"]["subject"], "the ingress controller verifies whom it goes on to"


def test_verify_looks_at_every_level_that_is_reached_from_outside(inventory: str) -> None:
    found = endpoints(inventory)
    published = evaluated("ingress", inventory, "ingress_service_type") == "LoadBalancer"
    direct = any(entry.get("tls_public") for entry in instances(inventory))
    levels = {"gateway", *(["ingress"] if published else []), *(["application"] if direct else [])}
    assert {entry["name"].partition(" ")[0] for entry in found} == levels
    keys = ("host", "ingress_host") if published else ("host",)
    hosts = [entry[key] for entry in instances(inventory) for key in keys if key in entry]
    hosts += [entry["tls_host"] for entry in instances(inventory) if entry.get("tls_public")]
    assert sorted(entry["server_name"] for entry in found) == sorted(hosts)
    assert {entry["name"].partition(" ")[0]: entry["redirect"] for entry in found} == {
        level: level != "application" for level in levels
    }, "plain HTTP is redirected, and closed where nothing but TLS is served"


def test_verify_knows_the_instances_that_ping_has_by_default() -> None:
    """Where the inventory names none."""
    default = [{"name": "x", "host": "x.localdev.me"}]
    (found,) = rendered("verify", "local", "endpoints.yml.j2", ping_instances=default)
    assert [entry["server_name"] for entry in found] == ["x.localdev.me"]


def test_contour_reads_the_namespaces_that_it_serves_and_no_other(inventory: str) -> None:
    bound = {
        thing["metadata"].get("namespace", "ingress")
        for thing in ingress(inventory)
        if thing["kind"] == "RoleBinding" and thing["roleRef"]["kind"] == "ClusterRole"
    }
    hosting = {release["namespace"] for release in releases(inventory).values() if "ingress" in release["values"]}
    (contour,) = (thing for thing in ingress(inventory)
                  if thing["kind"] == "Deployment" and thing["metadata"]["name"] == "contour")  # fmt: skip
    arguments = contour["spec"]["template"]["spec"]["containers"][0]["args"]
    (watched,) = (word.partition("=")[2].split(",") for word in arguments if word.startswith("--watch-namespaces="))
    assert bound == set(watched) == hosting | {"ingress"}
    assert not [thing for thing in ingress(inventory) if thing["kind"] == "ClusterRoleBinding"]


def test_the_ingress_controller_is_restricted(inventory: str) -> None:
    (level,) = (entry["level"] for entry in evaluated("pod_security", inventory, "pod_security_namespaces")
                if entry["name"] == "ingress")  # fmt: skip
    assert level == "restricted"
    pods = {thing["metadata"]["name"]: thing["spec"]["template"]["spec"] for thing in ingress(inventory)
            if thing["kind"] == "Deployment"}  # fmt: skip
    assert pods["envoy"]["automountServiceAccountToken"] is False
    for pod in pods.values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert all("hostPort" not in port for port in container.get("ports", []))


def test_every_file_that_the_ingress_controller_is_told_of_is_mounted(inventory: str) -> None:
    for thing in ingress(inventory):
        if thing["kind"] != "Deployment":
            continue
        pod = thing["spec"]["template"]["spec"]
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            told = {word.rpartition("=")[2] for word in container["args"] if word.rpartition("=")[2].startswith("/")}
            mounted = [entry["mountPath"] for entry in container.get("volumeMounts", [])]
            assert [path for path in told if not path.startswith(tuple(mounted))] == []
            assert {entry["name"] for entry in container.get("volumeMounts", [])} <= {
                volume["name"] for volume in pod["volumes"]
            }


def test_the_policies_let_the_ingress_controller_do_its_work_and_no_more(inventory: str) -> None:
    policies = {
        policy["metadata"]["name"]: policy["spec"]
        for policy in evaluated("network_policy", inventory, "__network_policy_objects")
        if policy["metadata"]["namespace"] == "ingress"
    }
    assert policies["deny-all"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert policies["allow-api-server"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "contour"}}
    declared = policies["allow-declared"]
    (outside,) = (rule for rule in declared["ingress"] if "from" not in rule)
    envoy = next(thing for thing in ingress(inventory)
                 if thing["kind"] == "Deployment" and thing["metadata"]["name"] == "envoy")  # fmt: skip
    ports = {port["name"]: port["containerPort"] for c in envoy["spec"]["template"]["spec"]["containers"]
             for port in c.get("ports", [])}  # fmt: skip
    assert {port["port"] for port in outside["ports"]} == {ports["http"], ports["https"]}
    onward = [rule for rule in declared["egress"] if "namespaceSelector" in rule["to"][0]]
    (rule,) = onward
    (of,) = rule["to"][0]["namespaceSelector"]["matchExpressions"]
    served = evaluated("ingress", inventory, "ingress_served_namespaces")
    assert of == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": served}
    assert [port["port"] for port in rule["ports"]] == [8443]


def test_verify_measures_the_new_namespaces(inventory: str) -> None:
    for variable in ("verify_policy_namespaces", "verify_policy_default_deny", "verify_pod_security_namespaces"):
        assert {"ingress", "pingpong-tls"} <= set(evaluated("verify", inventory, variable))
