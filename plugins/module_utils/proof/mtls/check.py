# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``mtls_check``: discover, plan, observe from both sides, judge."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.clusters import (
    calling,
    calling_across,
    check_callers,
    read_pods,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.read import read_topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.exchanges import (
    THIS_CLUSTER,
    observe,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.attempts import plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.declared import (
    DeclaredService,
    parse_declared,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts import summary
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import PROOF, judged_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.exceptions import (
    DeclaredException,
    parse_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.pods import (
    datagram_cells,
    listening_cells,
    sidecar_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import (
    MeshPod,
    mesh_pods,
    node_network_pods,
    workloads_of,
)

# What calls from another cluster leave out, and why.
ACROSS = (
    "calls from other clusters through the caller's own sidecar: it knows no Service of this one without a gateway",
    "undeclared ports: they are called from this cluster alone",
)
NO_CALLERS = "calls from other clusters: none was named to call from"


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    require("cryptography", "make and read certificates")
    exceptions = parse_exceptions(options["exceptions"])
    check_callers(options)
    declared = parse_declared(options["declared_callers"])
    prober = Prober(ClusterClient.from_connection(options["connection"]), options)
    return conclude(PROOF, options, lambda: measure(prober, options, exceptions, declared))


def measure(
    prober: Prober,
    options: Mapping[str, Any],
    exceptions: Sequence[DeclaredException],
    declared: Sequence[DeclaredService],
) -> Findings:
    """The mesh's namespaces, from probe pods outside the mesh, here and elsewhere, and from the workloads' own pods."""
    client, now = prober.client, datetime.now(UTC)
    namespaces: list[str] = options["namespaces"]
    trust_domain: str = options["trust_domain"]
    notes = list(ACROSS) if options["callers"] else [NO_CALLERS]
    live = read_pods(client, namespaces)
    pods, on_nodes = mesh_pods(live), node_network_pods(live)
    with contextlib.ExitStack() as stack:
        others, unmeasured = calling_across(stack, options, now)
        across = {cluster: caller.workloads for cluster, caller in others.items()}
        topology = read_topology(prober, options, live, across, declared, notes)
        attempts = plan(topology)
        if not any(attempt.judged for attempt in attempts):
            where = ", ".join(namespaces)
            raise PlatformError(f"{where}: no pod with a sidecar has a port to call: nothing was measured")
        addresses = [caller.address for caller in others.values()]
        own = stack.enter_context(calling(prober, options, workloads_of(pods), now, namespaces, addresses))
        callers = {THIS_CLUSTER: own, **others}
        observation = observe(callers, attempts, topology, notes)
    authorities = {cluster or options["cluster"]: caller.authority for cluster, caller in callers.items()}
    certificates = summary.certificates_seen(observation, now)
    outsider = f"{options['probe_namespace']}/outsider"
    cells = [
        *sidecar_cells(options["cluster"], pods, on_nodes),
        *listening_cells(options["cluster"], topology),
        *datagram_cells(options["cluster"], topology, exceptions, now.date()),
        *judged_cells(options["cluster"], observation, trust_domain, exceptions, now.date(), outsider),
        *unmeasured,
        *summary.malformed_cells(options["cluster"], observation, now),
        *summary.authority_cells(options["cluster"], certificates, float(options["min_authority_days"])),
    ]
    return Findings(cells, {**_returned(pods, certificates), **summary.floors(observation.exchanges),
                            "coverage": summary.coverage(topology, observation),
                            "authorities": authorities,
                            "permissive_ports": summary.permissive_ports(observation),
                            "not_covered": sorted(notes)})  # fmt: skip


def _returned(pods: Sequence[MeshPod], certificates: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "certificates": certificates,
        "earliest_expiry_days": certificates[0]["days_left"] if certificates else None,
        "pods_without_sidecar": [f"{pod.workload.namespace}/{pod.name}" for pod in pods if not pod.sidecar],
    }
