# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Look at both sides: run every attempt from real pods, and read the servers' counters around them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import UNREADABLE, ask
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange, exchange_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls import cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers import Caller
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.inventory import PROXY, MeshPod
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan import Attempt, World, probe_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts import (
    Counters,
    Observation,
    sum_counters,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import CONCURRENCY, Prober

WORKERS = 8
STATS = ("pilot-agent", "request", "GET", "stats?filter=15006&format=json")
ENDINGS = sorted({name for case in vars(cases).values() if isinstance(case, cases.Case) for name in case.counters})
PATIENCE = (1, 2, 4)
OWN = ""  # the cluster that is checked, among the callers
STATS_TIMEOUT = 20.0
NO_ANSWER = Exchange(connected=False, stage="connect", error="not_run")


def authorization_policies(client: ClusterClient, namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """The AuthorizationPolicies of namespaces; none where the mesh's kinds are not installed."""
    try:
        kind = ("security.istio.io/v1", "AuthorizationPolicy")
        return [item for namespace in namespaces for item in client.list(*kind, namespace)]
    except UnknownKind:
        return []


def read_counters(client: ClusterClient, pods: Sequence[MeshPod]) -> dict[str, Counters | None]:
    """Each pod's inbound counters by address; None where its proxy does not tell, even when asked again."""

    def counters(code: int, output: str, errors: str) -> Counters:
        if code != 0:
            raise PlatformError(errors)
        return sum_counters(json.loads(output)["stats"], ENDINGS)

    def read(pod: MeshPod) -> Counters | None:
        program = partial(client.exec, pod.workload.namespace, pod.name, PROXY, STATS, timeout=STATS_TIMEOUT)
        with contextlib.suppress(*UNREADABLE):
            return ask(program, counters)
        return None

    with ThreadPoolExecutor(WORKERS) as pool:
        return {pod.address: counters for pod, counters in zip(pods, pool.map(read, pods), strict=True)}


def read_listening(prober: Prober, pods: Sequence[MeshPod], notes: list[str]) -> dict[str, list[int]]:
    """Each pod's listening ports by address, where a container of it carries the probe program."""

    def read(pod: MeshPod) -> list[int] | None:
        try:
            return list(prober.run(_object(pod), [], container=pod.container)["listening"])
        except PlatformError:
            return None

    with ThreadPoolExecutor(WORKERS) as pool:
        found = dict(zip([pod.address for pod in pods], pool.map(read, pods), strict=True))
    blind = sorted(f"{pod.workload.namespace}/{pod.name}" for pod in pods if found[pod.address] is None)
    notes += [f"undeclared ports of {name}: its container has no probe program to list them" for name in blind]
    return {address: ports for address, ports in found.items() if ports is not None}


def observe(callers: Mapping[str, Caller], attempts: Sequence[Attempt], world: World, notes: list[str]) -> Observation:
    """Run all attempts at once, between two readings of the counters, which are those of the cluster that is checked.

    ``callers`` are by the names that attempts call their clusters. An attempt that got no answer in time is made again,
    with more time and fewer beside it: a busy machine is no finding, and whatever stays silent three times is
    inconclusive anyway.
    """
    prober = callers[OWN].prober
    targets = list({attempt.target.address: attempt.target for attempt in attempts}.values())
    probes = [
        probe_of(number, attempt, world, callers[attempt.cluster].mint) for number, attempt in enumerate(attempts)
    ]
    before = read_counters(prober.client, targets)
    exchanges = [NO_ANSWER] * len(attempts)
    waiting = list(range(len(attempts)))
    for patience in PATIENCE:
        limits = {"timeout": prober.timeout * patience, "concurrency": CONCURRENCY // patience}
        places: dict[tuple[str, str], list[int]] = {}
        for number in waiting:
            pod = attempts[number].run_in
            places.setdefault((attempts[number].cluster, pod.name if pod else ""), []).append(number)

        def run(document: Mapping[str, Any], numbers: list[int]) -> dict[int, Exchange]:
            first, chosen = attempts[numbers[0]], [probes[number] for number in numbers]
            caller, pod = callers[first.cluster], first.run_in
            try:
                if pod is None:
                    document = {**document, "trust": caller.trust, "identities": caller.mint.pairs}
                    answer = caller.prober.run(caller.pod, chosen, **document)
                else:
                    answer = caller.prober.run(_object(pod), chosen, container=pod.container, **document)
            except PlatformError as error:
                notes.append(f"calls from {first.caller(pod.name if pod else 'the probe pod')}: {error.message}")
                return {}
            return {int(result["id"]): exchange_from(result) for result in answer["results"]}

        with ThreadPoolExecutor(WORKERS) as pool:
            for part in pool.map(partial(run, limits), places.values()):
                for number, exchange in part.items():
                    exchanges[number] = exchange
        waiting = silent(attempts, exchanges)
        if not waiting:
            break
    return Observation(attempts, exchanges, before, read_counters(prober.client, targets))


def silent(attempts: Sequence[Attempt], exchanges: Sequence[Exchange]) -> list[int]:
    """The attempts, by number, to make again: those that got no answer in time.

    Where nothing has ever come from a target to a caller, one of them is enough to see whether it does now.
    """
    ways = [(attempt.cluster, attempt.run_in and attempt.run_in.name, attempt.target.address) for attempt in attempts]
    found = [number for number, exchange in enumerate(exchanges) if exchange.error in ("timeout", NO_ANSWER.error)]
    heard = {way for way, exchange in zip(ways, exchanges, strict=True) if exchange.connected}
    first = {ways[number]: number for number in reversed(found)}
    return [number for number in found if ways[number] in heard or first[ways[number]] == number]


def _object(pod: MeshPod) -> dict[str, Any]:
    return {"metadata": {"namespace": pod.workload.namespace, "name": pod.name}}
