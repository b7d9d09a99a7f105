# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who calls whom: a stand-in for every workload, against every live pod and every stand-in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import (
    Endpoint,
    endpoint_from_pod,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.selectors import matches
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import ProbePod, imitated
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import controller_of, mesh_pods

LISTEN = 8080  # where stand-ins answer
PROXY_PORTS = range(15000, 15100)
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """A source: the name that cells show, and the probe pod that stands for it."""

    name: str
    pod: ProbePod


@dataclass(frozen=True, slots=True)
class Target:
    """A live pod to call, and the ports to call it on. ``container`` may carry the probe program."""

    name: str
    endpoint: Endpoint
    ports: tuple[int, ...]
    container: str
    ready: bool


def callers(pods: Iterable[Object], namespaces: Sequence[str], extra: Iterable[Mapping[str, Any]]) -> list[Caller]:
    """A stand-in for every workload with live pods, for every namespace without, and for every one asked for.

    A stand-in carries the labels that policies see, but no sidecar: a sidecar accepts every connection of its pod
    before the network has been asked.
    """
    found: dict[str, Caller] = {}
    for pod in pods:
        metadata = pod["metadata"]
        name = f"{metadata['namespace']}/{controller_of(pod)}"
        labels = imitated(metadata.get("labels") or {})
        found.setdefault(
            name, Caller(name, ProbePod(metadata["namespace"], _short(controller_of(pod)), labels, listen=LISTEN))
        )
    inhabited = {caller.pod.namespace for caller in found.values()}
    for namespace in namespaces:
        if namespace not in inhabited:
            name = f"{namespace}/stand-in"
            found[name] = Caller(name, ProbePod(namespace, "stand-in", listen=LISTEN))
    for entry in extra:
        name = f"{entry['namespace']}/{entry['name']}"
        labels = entry.get("labels") or {}
        found[name] = Caller(name, ProbePod(entry["namespace"], _short(entry["name"]), labels, listen=LISTEN))
    return list(found.values())


def published(callers: Iterable[Caller], services: Iterable[Object]) -> dict[str, str]:
    """The callers that a Service would send traffic to though they are never ready, with its name.

    ``publishNotReadyAddresses`` is for the peers of a StatefulSet, say; a readiness gate keeps nobody out of it.
    """
    publishing = [service for service in services if service["spec"].get("publishNotReadyAddresses")]
    return {
        caller.name: f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        for caller in callers
        for service in publishing
        if caller.pod.labels
        and service["metadata"]["namespace"] == caller.pod.namespace
        and service["spec"].get("selector")
        and matches({"matchLabels": service["spec"]["selector"]}, caller.pod.labels)
    }


def _short(name: str) -> str:
    return name[:30].rstrip("-.")


def live_targets(pods: Iterable[Object], labels_of: Mapping[str, Mapping[str, str]]) -> list[Target]:
    """Every running pod that declares TCP ports, with these."""
    return [target for target in _targets(pods, labels_of) if target.ports]


def _targets(pods: Iterable[Object], labels_of: Mapping[str, Mapping[str, str]]) -> list[Target]:
    known = list(pods)
    by_name = {(pod["metadata"]["namespace"], pod["metadata"]["name"]): pod for pod in known}
    targets = []
    for pod in mesh_pods(known):
        key = (pod.workload.namespace, pod.name)
        if pod.address:
            endpoint = endpoint_from_pod(by_name[key], labels_of[key[0]])
            targets.append(Target("/".join(key), endpoint, pod.declared, pod.container, pod.ready))
    return targets


def chosen_targets(
    wanted: Iterable[Mapping[str, Any]], pods: Iterable[Object], labels_of: Mapping[str, Mapping[str, str]]
) -> list[Target]:
    """Live pods beyond the namespaces, by label, with the ports asked for: the cluster's DNS, say."""
    targets = []
    known = list(pods)
    for entry in wanted:
        selected = [
            pod
            for pod in known
            if pod["metadata"]["namespace"] == entry["namespace"]
            and matches({"matchLabels": entry.get("labels") or {}}, pod["metadata"].get("labels") or {})
        ]
        targets += [replace(target, ports=tuple(entry["ports"])) for target in _targets(selected, labels_of)]
    return targets


def stand_in(caller: Caller, live: Object, labels_of: Mapping[str, Mapping[str, str]]) -> tuple[Endpoint, Target]:
    """The stand-in's pod as an endpoint, and as a target of the others."""
    endpoint = endpoint_from_pod(live, labels_of[caller.pod.namespace])
    return endpoint, Target(f"{caller.name} (stand-in)", endpoint, (LISTEN,), "probe", True)
