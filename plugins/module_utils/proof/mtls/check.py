# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``mtls_check``: discover, plan, observe from both sides, judge."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cluster.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls import facts
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.exceptions import Exempt, parse_exceptions
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.identities import Mint
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.inventory import MeshPod, mesh_pods
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe import (
    authorization_policies,
    observe,
    read_listening,
    signer,
    trust_bundle,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan import World, plan
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts import (
    PROOF,
    judged_cells,
    sidecar_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.admission import admitted
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import ProbePod
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    require("cryptography", "make and read certificates")
    exempt = parse_exceptions(options["exceptions"])
    prober = Prober(ClusterClient.from_connection(options["connection"]), options)
    return conclude(PROOF, options, lambda: measure(prober, options, exempt))


def measure(prober: Prober, options: Mapping[str, Any], exempt: Sequence[Exempt]) -> Findings:
    """The mesh's namespaces, from a probe pod outside the mesh and from the workloads' own pods."""
    client, now = prober.client, datetime.now(UTC)
    namespaces: list[str] = options["namespaces"]
    place: str = options["probe_namespace"]
    trust_domain: str = options["trust_domain"]
    notes: list[str] = []
    if missing := [name for name in namespaces if client.get("v1", "Namespace", name) is None]:
        raise PlatformError(f"namespaces: {', '.join(missing)} do not exist")
    pods = mesh_pods(item for namespace in namespaces for item in client.list("v1", "Pod", namespace))
    probed = [pod for pod in pods if pod.sidecar and pod.address]
    world = World(
        pods=pods,
        services=[item for namespace in namespaces for item in client.list("v1", "Service", namespace)],
        authorization=authorization_policies(client, namespaces),
        listening=read_listening(prober, probed, notes),
        whoami_ports=frozenset(options["whoami_ports"]),
        whoami_path=options["whoami_path"],
    )
    mint = Mint(signer(client, options["mesh_namespace"]), trust_domain, now)
    trust = trust_bundle(client, namespaces[0])
    attempts = plan(world)
    if not any(attempt.judged for attempt in attempts):
        raise PlatformError(f"{', '.join(namespaces)}: no pod with a sidecar has a port to call: nothing was measured")
    with contextlib.ExitStack() as stack:
        if options["admit_probes"]:
            stack.enter_context(admitted(client, prober.owner, place, namespaces))
        outsider = stack.enter_context(prober.pods([ProbePod(place, "outsider")]))[0]
        observation = observe(prober, outsider, attempts, world, mint, trust, notes)
    certificates = facts.certificates_seen(observation, now)
    cells = [
        *sidecar_cells(options["cluster"], pods),
        *judged_cells(options["cluster"], observation, trust_domain, exempt, now.date(), f"{place}/outsider"),
        *facts.authority_cells(options["cluster"], certificates, float(options["min_authority_days"])),
    ]
    return Findings(cells, {**_told(pods, certificates), **facts.floors(observation.exchanges),
                            "coverage": facts.coverage(pods, observation),
                            "permissive_ports": facts.permissive_ports(observation),
                            "not_covered": sorted(notes)})  # fmt: skip


def _told(pods: Sequence[MeshPod], certificates: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "certificates": certificates,
        "earliest_expiry_days": certificates[0]["days_left"] if certificates else None,
        "pods_without_sidecar": [f"{pod.workload.namespace}/{pod.name}" for pod in pods if not pod.sidecar],
    }
