"""The evaluator against real Cilium: random policies, the computed matrix beside the measured one.

Every batch applies a few policies to pods in three namespaces and measures every connection; whatever the evaluator
and the network disagree about is a failure of this test and printed with the policies that decide it.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Port, namespace_labels
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.observe import (
    Source,
    measure,
    planned_connections,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.plan import Caller, stand_in
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.verdicts import (
    MeasuredConnection,
    connection_cell,
    judge_connection,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import ProbePod
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober

from tests.support.local_platform import STATE, connection

pytestmark = [pytest.mark.platform, pytest.mark.timeout(2400)]

NAMESPACES = {"proof-p": {"team": "red"}, "proof-q": {"team": "blue"}, "proof-r": {"team": "red"}}
PODS = {"web": {"app": "web", "tier": "front"}, "api": {"app": "api", "tier": "back"}}
PORT = 8080
POLICIES = 4  # a batch
SEED = int(os.environ.get("PINGPONG_POLICY_SEED", "20261122"))
API = ("networking.k8s.io/v1", "NetworkPolicy")
Object = dict[str, Any]


@dataclass
class Ground:
    """Pods that stay, and policies that come and go."""

    client: ClusterClient
    prober: Prober
    sources: list[Source]
    targets: list[Any]

    def apply(self, policies: list[Object]) -> None:
        wanted = {(p["metadata"]["namespace"], p["metadata"]["name"]) for p in policies}
        for namespace in NAMESPACES:
            for found in self.client.list(*API, namespace):
                key = (namespace, found["metadata"]["name"])
                if key not in wanted:
                    self.client.delete(*API, key[1], namespace)
        for policy in policies:
            self.client.apply(policy, force=True)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    client = ClusterClient.from_connection(connection("primary"))
    image = json.loads((STATE / "images.json").read_text())["ping"]
    prober = Prober(client, {"probe_image": image, "probe_command": ["python3", "-m", "pingpong.probe"],
                             "probe_timeout": 0.7, "environment_name": "conformance"})  # fmt: skip
    labels_of: dict[str, Any] = {}
    try:
        for name, labels in NAMESPACES.items():
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
            labels_of[name] = namespace_labels(client.apply(namespace, force=True))
        callers = [
            Caller(f"{namespace}/{name}", ProbePod(namespace, name, labels, listen=PORT))
            for namespace in NAMESPACES
            for name, labels in PODS.items()
        ]
        with prober.pods([caller.pod for caller in callers]) as live:
            stands = [stand_in(caller, pod, labels_of) for caller, pod in zip(callers, live, strict=True)]
            sources = [
                Source(caller.name, pod, endpoint)
                for caller, pod, (endpoint, _unused) in zip(callers, live, stands, strict=True)
            ]
            yield Ground(client, prober, sources, [target for _unused, target in stands])
    finally:
        for name in NAMESPACES:
            client.delete("v1", "Namespace", name)


def selector(rng: random.Random) -> Object:
    expressions: list[Object] = [
        {"key": "app", "operator": "In", "values": ["web", "other"]},
        {"key": "tier", "operator": "NotIn", "values": ["back"]},
        {"key": "tier", "operator": "Exists"},
        {"key": "absent", "operator": "DoesNotExist"},
    ]
    return rng.choice(
        [{}, {"matchLabels": {"app": "web"}}, {"matchLabels": {"tier": "back"}}, {"matchLabels": {"app": "nobody"}},
         {"matchExpressions": [rng.choice(expressions)]}]
    )  # fmt: skip


TEAMS: list[Object] = [
    {},
    {"matchLabels": {"team": "red"}},
    {"matchLabels": {"kubernetes.io/metadata.name": "proof-q"}},
    {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["red"]}]},
]
# Pods have addresses in these, and still no block matches a pod on this network plugin.
BLOCKS: list[Object] = [{"cidr": "198.18.0.0/15"}, {"cidr": "0.0.0.0/0", "except": ["198.18.0.0/20"]}]


def peer(rng: random.Random) -> Object:
    return rng.choice(
        [
            {"podSelector": selector(rng)},
            {"namespaceSelector": rng.choice(TEAMS)},
            {"namespaceSelector": rng.choice(TEAMS), "podSelector": selector(rng)},
            {"ipBlock": rng.choice(BLOCKS)},
        ]
    )


def port(rng: random.Random) -> Object:
    return rng.choice(
        [{"port": PORT}, {"port": 9}, {"port": 8000, "endPort": 8100}, {"port": 8081, "endPort": 9000},
         {"protocol": "UDP", "port": PORT}, {"protocol": "TCP"}, {"port": "probe-http"}, {"port": "no-such-name"}]
    )  # fmt: skip


def rule(rng: random.Random, side: str) -> Object:
    made: Object = {}
    if rng.random() < 0.8:
        made[side] = [peer(rng) for _turn in range(rng.randint(1, 2))]
    if rng.random() < 0.5:
        made["ports"] = [port(rng) for _turn in range(rng.randint(1, 2))]
    return made


def random_policy(rng: random.Random, name: str) -> Object:
    types = rng.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
    spec: Object = {"podSelector": selector(rng), "policyTypes": types}
    for kind, side in (("Ingress", "from"), ("Egress", "to")):
        if kind in types:
            spec[kind.lower()] = [rule(rng, side) for _turn in range(rng.randint(0, 2))]
    metadata = {"name": name, "namespace": rng.choice(list(NAMESPACES))}
    return {"apiVersion": API[0], "kind": API[1], "metadata": metadata, "spec": spec}


def disagreements(ground: Ground, policies: list[Object]) -> tuple[int, list[MeasuredConnection]]:
    ground.apply(policies)
    time.sleep(1.0)
    asked = planned_connections(ground.sources, ground.targets, policies, blocks_match_pods=False)
    calls, _unused = measure(ground.prober, asked, settle=20)
    return len(calls), [call for call in calls if judge_connection(call).verdict != "pass"]


@pytest.mark.parametrize("batches", [9, pytest.param(25, marks=pytest.mark.long)])
def test_the_evaluator_agrees_with_the_network_on_random_policies(ground: Ground, batches: int) -> None:
    rng = random.Random(SEED)
    connections = 0
    wrong: list[str] = []
    for batch in range(batches):
        policies = [random_policy(rng, f"random-{batch}-{number}") for number in range(POLICIES)]
        count, differing = disagreements(ground, policies)
        connections += count
        wrong += [f"batch {batch}: {connection_cell('primary', call).headline()}" for call in differing]
        if differing:
            wrong.append(json.dumps(policies))
    print(f"{batches * POLICIES} policies, {connections} connections, {len(wrong)} disagreements, seed {SEED}")
    assert not wrong, "\n".join(wrong[:20])


def test_the_ports_of_a_stand_in_have_the_name_that_policies_use(ground: Ground) -> None:
    assert {tuple(target.endpoint.ports) for target in ground.targets} == {(Port(PORT, "TCP", "probe-http"),)}
