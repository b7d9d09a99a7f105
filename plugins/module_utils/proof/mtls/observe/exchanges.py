# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Look at both sides: run every attempt from real pods, and read the servers' counters around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange, exchange_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.clusters import Caller
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.counters import read_counters
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.observation import Observation
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.probes import probe_document
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import Attempt
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import CONCURRENCY

WORKERS = 8
TIMEOUT_FACTORS = (1, 2, 4)
THIS_CLUSTER = ""  # the cluster that is checked, among the callers
NO_ANSWER = Exchange(connected=False, stage="connect", error="not_run")


def observe(
    callers: Mapping[str, Caller], attempts: Sequence[Attempt], topology: Topology, notes: list[str]
) -> Observation:
    """Run all attempts at once, between two readings of the counters, which are those of the cluster that is checked.

    ``callers`` are by the names that attempts call their clusters. An attempt that got no answer in time is made again,
    with more time and fewer beside it: a busy machine is no finding, and whatever stays unanswered three times is
    inconclusive anyway.
    """
    prober = callers[THIS_CLUSTER].prober
    targets = list({attempt.target.address: attempt.target for attempt in attempts}.values())
    probes = [
        probe_document(number, attempt, topology, callers[attempt.cluster].certificates)
        for number, attempt in enumerate(attempts)
    ]
    before = read_counters(prober.client, targets)
    exchanges = [NO_ANSWER] * len(attempts)
    waiting = list(range(len(attempts)))
    for factor in TIMEOUT_FACTORS:
        limits = {"timeout": prober.timeout * factor, "concurrency": CONCURRENCY // factor}
        places: dict[tuple[str, str], list[int]] = {}
        for number in waiting:
            pod = attempts[number].run_in
            places.setdefault((attempts[number].cluster, pod.name if pod else ""), []).append(number)

        def run(document: Mapping[str, Any], numbers: list[int]) -> dict[int, Exchange]:
            first, chosen = attempts[numbers[0]], [probes[number] for number in numbers]
            caller, pod = callers[first.cluster], first.run_in
            try:
                if pod is None:
                    document = {**document, "trust": caller.trust, "identities": caller.certificates.pairs}
                    answer = caller.prober.run(caller.pod, chosen, **document)
                else:
                    answer = caller.prober.run(pod.reference, chosen, container=pod.container, **document)
            except PlatformError as error:
                notes.append(f"calls from {first.caller(pod.name if pod else 'the probe pod')}: {error.message}")
                return {}
            return {int(result["id"]): exchange_from(result) for result in answer["results"]}

        with ThreadPoolExecutor(WORKERS) as pool:
            for part in pool.map(partial(run, limits), places.values()):
                for number, exchange in part.items():
                    exchanges[number] = exchange
        waiting = unanswered(attempts, exchanges)
        if not waiting:
            break
    return Observation(attempts, exchanges, before, read_counters(prober.client, targets))


def unanswered(attempts: Sequence[Attempt], exchanges: Sequence[Exchange]) -> list[int]:
    """The attempts, by number, to make again: those that got no answer in time and expect one.

    Where nothing has ever come from a target to a caller, one of them is enough to see whether it does now.
    """
    ways = [(attempt.cluster, attempt.run_in and attempt.run_in.name, attempt.target.address) for attempt in attempts]
    found = [
        number
        for number, exchange in enumerate(exchanges)
        if exchange.error in ("timeout", NO_ANSWER.error)
        and not exchange.bytes_received
        and not (attempts[number].case.waits and exchange.connected)
    ]
    # a connection alone is the kernel's word, which it also gives for a program that hangs
    heard = {
        way for way, exchange in zip(ways, exchanges, strict=True) if exchange.connected and exchange.error != "timeout"
    }
    first = {ways[number]: number for number in reversed(found)}
    return [number for number in found if ways[number] in heard or first[ways[number]] == number]
