"""The metadata server in a cluster, where its nodes lead pods to, and what its DNS answers for that."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.nodes.metadata import names, objects

SETTINGS = {
    "pool": "p.svc.id.goog", "provider": "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
    "number": "123", "endpoint": "https://198.51.100.1:18443/{service}", "authority": "PEM",
    "dns": "198.51.100.1:18053",
}  # fmt: skip
OBJECTS: dict[str, Any] = {entry["kind"]: entry for entry in objects.objects(SETTINGS, "python:1", "network:1")}
POD = OBJECTS["DaemonSet"]["spec"]["template"]["spec"]


def test_the_server_runs_on_the_nodes_network_with_no_more_rights_than_it_uses() -> None:
    (server,) = POD["containers"]
    assert POD["hostNetwork"] is True
    assert server["securityContext"]["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}
    rights = {(*rule["resources"], *rule["verbs"]) for rule in OBJECTS["ClusterRole"]["rules"]}
    assert rights == {("pods", "list"), ("serviceaccounts/token", "create")}


def test_the_program_finds_all_that_it_asks_its_environment_for() -> None:
    program = OBJECTS["ConfigMap"]["data"]["server.py"]
    given = {entry["name"]: entry.get("value") for entry in POD["containers"][0]["env"]}
    asked = {part.partition('"')[0] for part in program.split('os.environ["')[1:]}
    assert asked - {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"} == set(given)
    assert given["STS"] == "https://198.51.100.1:18443/sts/v1/token"
    compile(program, "server.py", "exec")


@pytest.mark.parametrize(("asked", "led"), [
    ("169.254.169.254/32 -p tcp --dport 80", "169.254.169.252:988"),
    ("198.51.100.1/32 -p tcp --dport 443", "198.51.100.1:18443"),
    ("192.0.2.1/32 -p tcp --dport 443", "198.51.100.1:14000"),
])  # fmt: skip
def test_where_a_node_leads_pods(asked: str, led: str) -> None:
    (init,) = POD["initContainers"]
    script = init["command"][-1]
    assert f"-A PREROUTING -d {asked} -j DNAT --to-destination {led}" in script
    assert f"-C PREROUTING -d {asked} -j DNAT --to-destination {led}" in script, "a second start adds nothing"


def test_the_clusters_dns_leads_google_here_and_asks_the_local_cloud_first() -> None:
    (config,) = names.objects("198.51.100.1", "198.51.100.1:18053")
    corefile = config["data"]["Corefile"]
    blocks = {block.split(" ", 1)[0]: block for block in corefile.split("\n}\n") if block}
    assert set(blocks) == {"googleapis.com:53", "metadata.google.internal:53", "acme.test:53", ".:53"}
    assert "60 IN A 198.51.100.1" in blocks["googleapis.com:53"]
    assert "60 IN A 169.254.169.254" in blocks["metadata.google.internal:53"]
    assert "60 IN A 192.0.2.1" in blocks["acme.test:53"]
    assert "forward . 198.51.100.1:18053 /etc/resolv.conf" in blocks[".:53"]
    assert "failover REFUSED" in blocks[".:53"], "which is what the local cloud says of names that it has no zone for"
