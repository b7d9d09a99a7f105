# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Measure the matrix from inside pods, and find out which ends are alive."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange, exchange_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import (
    Connection,
    Decision,
    Policy,
    decide,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import Endpoint
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.plan import LISTEN, Target
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.verdicts import (
    Liveness,
    MeasuredConnection,
    judge_connection,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober

WORKERS = 8
PAUSE = 0.5
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A running stand-in: the name that cells show, its pod object, and how policies see it."""

    name: str
    pod: Object
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class PlannedConnection:
    """One connection to be measured, with its promised answer."""

    source: Source
    target: Target
    port: int
    decision: Decision
    sealed: str = ""


def planned_connections(
    sources: Sequence[Source],
    targets: Sequence[Target],
    policies: Sequence[Policy],
    *,
    blocks_match_pods: bool,
    sealed: Collection[str] = (),
) -> list[PlannedConnection]:
    """Every source against every port of every target but itself; nothing passes into or out of ``sealed``."""
    return [
        PlannedConnection(
            source,
            target,
            port,
            decide(Connection(source.endpoint, target.endpoint, port), policies, blocks_match_pods=blocks_match_pods),
            next((name for name in (source.endpoint.namespace, target.endpoint.namespace) if name in sealed), None)
            or "",
        )
        for source in sources
        for target in targets
        if target.endpoint.address != source.endpoint.address
        for port in target.ports
    ]


def measure(
    prober: Prober, asked: Sequence[PlannedConnection], settle: float
) -> tuple[list[MeasuredConnection], float]:
    """The measured connections in the order planned, and the seconds until none changed for the better any more.

    Policies and identities take a moment to reach every node: what is not a pass yet is measured again for ``settle``
    seconds, and the last measurement counts. A stand-in that cannot run its probes makes its connections inconclusive;
    nothing is raised for it.
    """
    started = time.monotonic()
    answers: dict[int, Exchange] = {}
    disagreeing = list(range(len(asked)))
    sources_alive: dict[str, Liveness] = {}
    while True:
        answers |= _ask(prober, asked, disagreeing, sources_alive)
        targets_alive = _targets_alive(prober, asked, answers)
        calls = [_call(asked[n], answers[n], sources_alive, targets_alive) for n in range(len(asked))]
        took = time.monotonic() - started
        disagreeing = [n for n, call in enumerate(calls) if judge_connection(call).verdict != "pass"]
        if not disagreeing or took > settle:
            return calls, round(took, 2)
        time.sleep(PAUSE)


def _ask(
    prober: Prober, asked: Sequence[PlannedConnection], numbers: Sequence[int], sources_alive: dict[str, Liveness]
) -> dict[int, Exchange]:
    by_source: dict[str, list[int]] = {}
    for number in numbers:
        by_source.setdefault(asked[number].source.name, []).append(number)

    def run(mine: list[int]) -> dict[int, Exchange]:
        source = asked[mine[0]].source
        probes = [
            connect_probe(str(number), asked[number].target.endpoint.address, asked[number].port) for number in mine
        ]
        probes.append(connect_probe("self", source.endpoint.address, LISTEN))
        try:
            results = prober.run(source.pod, probes)["results"]
        except PlatformError as error:
            sources_alive[source.name] = Liveness(False, f"the source did not run: {error.message}")
            return {number: Exchange(connected=False, stage="connect", error="timeout") for number in mine}
        reached = exchange_from(results.pop())
        sources_alive[source.name] = Liveness(
            reached.connected, "the source reaches itself" if reached.connected else "the source does not reach itself"
        )
        return {int(result["id"]): exchange_from(result) for result in results}

    with ThreadPoolExecutor(WORKERS) as pool:
        return {number: exchange for part in pool.map(run, by_source.values()) for number, exchange in part.items()}


def connect_probe(identifier: str, host: str, port: int) -> dict[str, Any]:
    """A probe that connects, and no more."""
    return {"id": identifier, "host": host, "port": port, "nonce": secrets.token_hex(8), "tls": None, "request": None}


def _targets_alive(
    prober: Prober, asked: Sequence[PlannedConnection], answers: Mapping[int, Exchange]
) -> dict[tuple[str, int], Liveness]:
    """A target port is alive when anybody reached it, or when its own pod reaches it from inside."""
    alive: dict[tuple[str, int], Liveness] = {}
    for number, exchange in answers.items():
        planned = asked[number]
        if exchange.connected:
            alive[planned.target.name, planned.port] = Liveness(True, f"{planned.source.name} reached it")
    unknown = {
        planned.target.name: planned.target for planned in asked if (planned.target.name, planned.port) not in alive
    }
    with ThreadPoolExecutor(WORKERS) as pool:
        for part in pool.map(lambda target: _from_inside(prober, target), unknown.values()):
            alive = {**part, **alive}
    return alive


def _from_inside(prober: Prober, target: Target) -> dict[tuple[str, int], Liveness]:
    endpoint = target.endpoint
    pod = {"metadata": {"namespace": endpoint.namespace, "name": endpoint.name}}
    probes = [connect_probe(str(port), endpoint.address, port) for port in target.ports]
    try:
        results = prober.run(pod, probes, container=target.container)["results"]
    except PlatformError:
        # Not an image with the probe program: the kubelet's readiness has to do.
        by_kubelet = Liveness(
            target.ready, f"nobody reached it; the kubelet finds it {'' if target.ready else 'not '}ready"
        )
        return {(target.name, port): by_kubelet for port in target.ports}
    return {
        (target.name, int(result["id"])): Liveness(
            bool(result["connected"]),
            "its own pod reaches it" if result["connected"] else "nobody reaches it, not even its own pod",
        )
        for result in results
    }


def _call(
    planned: PlannedConnection,
    exchange: Exchange,
    sources_alive: Mapping[str, Liveness],
    targets_alive: Mapping[tuple[str, int], Liveness],
) -> MeasuredConnection:
    nobody = Liveness(False, "nobody reached it")
    return MeasuredConnection(
        source=planned.source.name,
        target=planned.target.name,
        port=planned.port,
        decision=planned.decision,
        exchange=exchange,
        source_alive=sources_alive[planned.source.name],
        target_alive=targets_alive.get((planned.target.name, planned.port), nobody),
        sealed=planned.sealed,
    )
