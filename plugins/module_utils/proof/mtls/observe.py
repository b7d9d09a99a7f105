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

from ansible_collections.pingpong.platform.plugins.module_utils.cluster.asking import UNREADABLE, ask
from ansible_collections.pingpong.platform.plugins.module_utils.cluster.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.cluster.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange, exchange_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls import cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.identities import (
    Mint,
    Signer,
    signer_from_secret,
)
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
SIGNING_SECRETS = ("cacerts", "istio-ca-secret")
PATIENCE = (1, 2, 4)
STATS_TIMEOUT = 20.0
NO_ANSWER = Exchange(connected=False, stage="connect", error="not_run")


def signer(client: ClusterClient, mesh_namespace: str) -> Signer:
    """The mesh's signing CA, read into memory from the Secret that istiod signs with."""
    for name in SIGNING_SECRETS:
        secret = client.get("v1", "Secret", name, mesh_namespace)
        if secret is not None:
            return signer_from_secret(secret.get("data") or {})
    raise PlatformError(
        f"{mesh_namespace}: found neither Secret {' nor '.join(SIGNING_SECRETS)}: no good caller to make"
    )


def trust_bundle(client: ClusterClient, namespace: str) -> str:
    """The roots that workloads of a namespace trust, as istiod publishes them."""
    found = client.get("v1", "ConfigMap", "istio-ca-root-cert", namespace)
    bundle = ((found or {}).get("data") or {}).get("root-cert.pem")
    if not bundle:
        raise PlatformError(f"ConfigMap {namespace}/istio-ca-root-cert: not there, or without root-cert.pem")
    return str(bundle)


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


def observe(
    prober: Prober,
    outsider: Mapping[str, Any],
    attempts: Sequence[Attempt],
    world: World,
    mint: Mint,
    trust: str,
    notes: list[str],
) -> Observation:
    """Run all attempts at once, between two readings of the counters.

    An attempt that got no answer in time is made again, with more time and fewer beside it: a busy machine is no
    finding, and whatever stays silent three times is inconclusive anyway.
    """
    targets = list({attempt.target.address: attempt.target for attempt in attempts}.values())
    probes = [probe_of(number, attempt, world, mint) for number, attempt in enumerate(attempts)]
    before = read_counters(prober.client, targets)
    exchanges = [NO_ANSWER] * len(attempts)
    waiting = list(range(len(attempts)))
    for patience in PATIENCE:
        limits = {"timeout": prober.timeout * patience, "concurrency": CONCURRENCY // patience}
        places: dict[str, list[int]] = {}
        for number in waiting:
            caller = attempts[number].run_in
            places.setdefault(caller.name if caller else "", []).append(number)

        def run(limits: Mapping[str, Any], numbers: list[int]) -> dict[int, Exchange]:
            caller, chosen = attempts[numbers[0]].run_in, [probes[number] for number in numbers]
            try:
                if caller is None:
                    answer = prober.run(outsider, chosen, trust=trust, identities=mint.pairs, **limits)
                else:
                    answer = prober.run(_object(caller), chosen, container=caller.container, **limits)
            except PlatformError as error:
                notes.append(f"calls from {caller.name if caller else 'the probe pod'}: {error.message}")
                return {}
            return {int(result["id"]): exchange_from(result) for result in answer["results"]}

        with ThreadPoolExecutor(WORKERS) as pool:
            for part in pool.map(partial(run, limits), places.values()):
                for number, exchange in part.items():
                    exchanges[number] = exchange
        waiting = [number for number in waiting if exchanges[number].error in ("timeout", NO_ANSWER.error)]
        if not waiting:
            break
    return Observation(attempts, exchanges, before, read_counters(prober.client, targets))


def _object(pod: MeshPod) -> dict[str, Any]:
    return {"metadata": {"namespace": pod.workload.namespace, "name": pod.name}}
