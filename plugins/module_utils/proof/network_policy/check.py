# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``network_policy_check``: what the applied policies promise, beside what is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, get_args

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.evaluator import Direction, Policy
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import namespace_labels
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.observe import (
    PlannedConnection,
    Source,
    measure,
    planned_connections,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.plan import (
    Target,
    callers,
    chosen_targets,
    live_targets,
    published,
    stand_in,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.resolution import (
    Resolution,
    dns_decisions,
    resolution_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.resolve import resolve
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.verdicts import (
    PROOF,
    connection_cell,
    default_deny_cells,
    published_cells,
    unmatched_target_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import mesh_pods

DIRECTIONS = get_args(Direction)
POLICIES = ("networking.k8s.io/v1", "NetworkPolicy")
# Kinds of other engines that admit or deny as well, and that the evaluator does not read.
FOREIGN = (("cilium.io/v2", "CiliumNetworkPolicy"), ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"))


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    check_directions(options["default_deny"])
    prober = Prober(ClusterClient.from_connection(options["connection"]), options)
    return conclude(PROOF, options, lambda: check(prober, options))


def check_directions(default_deny: Mapping[str, Any]) -> None:
    """Raise OptionError where ``default_deny`` names no directions, or others than there are."""
    for namespace, wanted in default_deny.items():
        if not isinstance(wanted, list) or not wanted or any(entry not in DIRECTIONS for entry in wanted):
            raise OptionError(f"default_deny.{namespace}: found {wanted!r}, expected a list of {', '.join(DIRECTIONS)}")


def check(prober: Prober, options: Mapping[str, Any]) -> Findings:
    """Bring the stand-ins up, measure every connection and a resolution from each, judge."""
    client = prober.client
    namespaces: Sequence[str] = options["namespaces"]
    labels_of = {ns["metadata"]["name"]: namespace_labels(ns) for ns in client.list("v1", "Namespace")}
    if missing := sorted(set(namespaces) - set(labels_of)):
        raise PlatformError(f"namespaces: {', '.join(missing)} do not exist")
    if unknown := sorted(set(options["sealed"]) - set(namespaces)):
        raise OptionError(f"sealed: found {', '.join(unknown)}, expected some of namespaces: no other is asked about")
    pods = client.list("v1", "Pod")
    inside = [pod for pod in pods if pod["metadata"]["namespace"] in namespaces]
    names = {(pod.workload.namespace, pod.name) for pod in mesh_pods(inside) if pod.address}
    living = [pod for pod in inside if (pod["metadata"]["namespace"], pod["metadata"]["name"]) in names]
    every = callers(living, namespaces, options["stand_ins"])
    kept_out = published(every, client.list("v1", "Service"))
    wanted = [caller for caller in every if caller.name not in kept_out]
    chosen = [chosen_targets([entry], pods, labels_of) for entry in options["targets"]]
    servers = chosen_targets([{"ports": [], **entry} for entry in options["dns_servers"]], pods, labels_of)
    with prober.pods([caller.pod for caller in wanted]) as running:
        stands = [stand_in(caller, live, labels_of) for caller, live in zip(wanted, running, strict=True)]
        sources = [
            Source(caller.name, live, endpoint)
            for caller, live, (endpoint, _unused) in zip(wanted, running, stands, strict=True)
        ]
        targets = [
            *live_targets(living, labels_of),
            *chain(*chosen),
            *(target for caller, (_unused, target) in zip(wanted, stands, strict=True) if not caller.pod.labels),
        ]
        policies = client.list(*POLICIES)
        asked = planned_connections(
            sources, targets, policies, blocks_match_pods=options["ip_blocks_match_pods"], sealed=options["sealed"]
        )
        calls, settled = measure(prober, asked, options["settle_timeout"])
        resolved = _resolutions(prober, sources, servers, policies, options)
    unmatched = [entry for entry, found in zip(options["targets"], chosen, strict=True) if not found]
    if not asked:
        raise PlatformError("there was no connection to measure: one stand-in, and nobody for it to call")
    cells = [
        *default_deny_cells(options["cluster"], options["default_deny"], policies),
        *unmatched_target_cells(options["cluster"], unmatched),
        *published_cells(options["cluster"], kept_out),
        *resolution_cells(options["cluster"], resolved, servers),
        *(connection_cell(options["cluster"], call) for call in calls),
    ]
    return Findings(
        cells,
        {
            "coverage": _coverage(asked, len(living)),
            "settled_seconds": settled,
            "not_covered": _not_covered(client, namespaces),
        },
    )


def _resolutions(
    prober: Prober,
    sources: Sequence[Source],
    servers: Sequence[Target],
    policies: Sequence[Policy],
    options: Mapping[str, Any],
) -> list[Resolution]:
    """Every stand-in, asked to resolve a name; none where no name servers were named."""
    if not options["dns_servers"]:
        return []
    found = resolve(prober, sources, options["dns_name"], options["settle_timeout"])
    return [
        Resolution(
            source.name,
            options["dns_name"],
            dns_decisions(source.endpoint, servers, policies, blocks_match_pods=options["ip_blocks_match_pods"]),
            found[source.name],
            source.endpoint.namespace in options["sealed"],
        )
        for source in sources
    ]


def _coverage(asked: Sequence[PlannedConnection], pods: int) -> dict[str, Any]:
    return {
        "sources": len({planned.source.name for planned in asked}),
        "targets": len({planned.target.name for planned in asked}),
        "live_pods": pods,
        "connections": len(asked),
    }


def _not_covered(client: ClusterClient, namespaces: Sequence[str]) -> list[str]:
    notes = ["UDP and SCTP: rules for them are computed, only TCP is measured"]
    for kind in FOREIGN:
        try:
            found = client.list(*kind)
        except PlatformError:
            continue  # the kind is not installed
        here = [item["metadata"] for item in found if item["metadata"].get("namespace", namespaces[0]) in namespaces]
        notes += [f"{kind[1]} {item['name']}: not read; a cell that it decides will not agree" for item in here]
    return notes
