"""What a drill takes away on a real API server is put back so that the next run of a playbook finds nothing to do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.choose import (
    HEALTH_CHECK_POLICY,
    NETWORK_POLICY,
    faults_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.fault import Fault

from tests.support.apiserver import ApiServer
from tests.support.layers import Harness, Object, definition

KINDS = {"backends": HEALTH_CHECK_POLICY, "isolated": NETWORK_POLICY}
OBJECTS: list[Object] = [
    {
        "apiVersion": "networking.gke.io/v1",
        "kind": "HealthCheckPolicy",
        "metadata": {"name": "edge"},
        "spec": {
            "default": {
                "config": {"type": "HTTP", "httpHealthCheck": {"port": 15021, "requestPath": "/healthz/ready"}}
            },
            "targetRef": {"group": "", "kind": "Service", "name": "gateway"},
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "admit"},
        "spec": {"podSelector": {"matchLabels": {"app": "gateway"}}, "ingress": [{"ports": [{"port": 443}]}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    },
]


@pytest.fixture
def layer(server: ApiServer) -> Iterator[Harness]:
    """What a region's edge and its policies are, applied as roles do."""
    client = ClusterClient.from_connection(server.connection)
    name = f"t-{uuid.uuid4().hex[:8]}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    found = Harness(server.connection, client, name)
    found.apply(definition("networking.gke.io", "HealthCheckPolicy"), layer="definitions", wait=True)
    found.apply(*OBJECTS)
    yield found
    client.delete("v1", "Namespace", name)
    client.close()


def faults(layer: Harness, *namespaces: str) -> dict[str, Fault]:
    workload = {"namespace": layer.namespace, "name": "gateway"}
    return faults_of(layer.client, {"workload": workload, "namespaces": list(namespaces)})


def live(layer: Harness, fault: str) -> dict[str, Any]:
    """Specs and owners of the fields, by name."""
    return {
        obj["metadata"]["name"]: (
            obj["spec"],
            obj["metadata"].get("annotations"),
            sorted((entry["manager"], entry["operation"], str(entry["fieldsV1"]))
                   for entry in obj["metadata"]["managedFields"]),
        )
        for obj in layer.client.list(*KINDS[fault], layer.namespace)
    }  # fmt: skip


@pytest.mark.parametrize("fault", KINDS)
def test_what_is_given_back_is_as_it_was_applied(layer: Harness, fault: str) -> None:
    before = live(layer, fault)
    made = faults(layer, layer.namespace)[fault]
    assert not made.left()
    made.inject()
    away = live(layer, fault)
    assert made.left() and all(away[name][0] != before[name][0] for name in before if name != "default-deny")
    if fault == "isolated":
        assert {str(spec.get("ingress")) + str(spec.get("egress")) for spec, *_unused in away.values()} == {"NoneNone"}
        assert all(set(spec["policyTypes"]) == {"Ingress", "Egress"} for spec, *_unused in away.values())
    made.inject()  # as an impatient drill would: what was kept stays
    # By whichever drill comes next, wherever that one looks.
    assert faults(layer)[fault].restore() and not faults(layer)[fault].restore()
    assert live(layer, fault) == before and made.restoration().lack == ""
    versions = [obj["metadata"]["resourceVersion"] for obj in layer.client.list(*KINDS[fault], layer.namespace)]
    assert layer.apply(*OBJECTS)["changed"] is False
    again = [obj["metadata"]["resourceVersion"] for obj in layer.client.list(*KINDS[fault], layer.namespace)]
    assert versions == again, "a request of the next run has written to what the drill gave back"


def test_what_was_applied_since_stays(layer: Harness) -> None:
    """Somebody runs base after a drill was killed: older policies must not come back later."""
    made = faults(layer, layer.namespace)["isolated"]
    made.inject()
    newer = {**OBJECTS[1], "spec": {**OBJECTS[1]["spec"], "ingress": [{"ports": [{"port": 8443}]}]}}
    layer.apply(OBJECTS[0], newer, OBJECTS[2])
    assert made.restore() and not made.left()
    assert live(layer, "isolated")["admit"][0]["ingress"] == [{"ports": [{"port": 8443, "protocol": "TCP"}]}]
    assert layer.apply(OBJECTS[0], newer, OBJECTS[2])["changed"] is False
