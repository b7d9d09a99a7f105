# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read a topology: objects from the API server, and from the pods what no object says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.authorization import (
    authorization_policies,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.callers import find_callers
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.filter_chains import (
    read_filter_chains,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.listening import read_listening
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan.declared import DeclaredService
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.model import (
    endpoint_from_pod,
    namespace_labels,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import Object, Workload, mesh_pods

NETWORK_POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
ENDPOINT_SLICE = ("discovery.k8s.io/v1", "EndpointSlice")


def read_topology(
    prober: Prober,
    options: Mapping[str, Any],
    live: Sequence[Object],
    across: Mapping[str, Sequence[Workload]],
    declared: Sequence[DeclaredService],
    notes: list[str],
) -> Topology:
    """The mesh of the option ``namespaces``; ``live`` are their pods, ``across`` the other clusters' workloads,
    ``declared`` the callers that are. ``notes`` gets what could not be looked at."""
    client, namespaces = prober.client, options["namespaces"]
    pods = mesh_pods(live)
    called = [pod for pod in pods if pod.sidecar and pod.address]
    labels = {name: namespace_labels(client.get("v1", "Namespace", name) or {}) for name in namespaces}
    endpoints = [endpoint_from_pod(pod, labels[pod["metadata"]["namespace"]]) for pod in live]

    def objects(api: str, kind: str) -> list[Object]:
        return [item for namespace in namespaces for item in client.list(api, kind, namespace)]

    return Topology(
        pods=pods,
        services=objects("v1", "Service"),
        slices=objects(*ENDPOINT_SLICE),
        authorization=authorization_policies(client, namespaces),
        listening=read_listening(prober, called),
        whoami_ports=frozenset(options["whoami_ports"]),
        whoami_path=options["whoami_path"],
        across=across,
        filter_chains=read_filter_chains(client, called),
        endpoints={endpoint.address: endpoint for endpoint in endpoints if endpoint.address},
        policies=objects(*NETWORK_POLICY),
        declared=declared,
        callers=find_callers(prober, called, notes),
    )
