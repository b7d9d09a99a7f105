# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where direct calls come from: a probe pod outside the mesh, in the cluster that is checked and in others.

A caller presents what its own cluster's mesh signs and trusts whom that mesh trusts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.callers.certificates import (
    ClientCertificates,
    Signer,
    signer_from_secret,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import PROOF
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import unmeasured
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.admission import admitted
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import ProbePod
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import (
    Object,
    Workload,
    mesh_pods,
    workloads_of,
)

SIGNING_SECRETS = ("cacerts", "istio-ca-secret")


@dataclass(frozen=True, slots=True)
class Caller:
    """A cluster that calls: its probe pod, as an API object, and the workloads that the pod calls as."""

    prober: Prober
    pod: Mapping[str, Any]
    workloads: Sequence[Workload]
    certificates: ClientCertificates
    trust: str

    @property
    def address(self) -> str:
        return str(self.pod["status"]["podIP"])

    @property
    def authority(self) -> str:
        """The subject of who signs its good certificates."""
        return self.certificates.mesh.certificate.subject.rfc4514_string()


def check_callers(options: Mapping[str, Any]) -> None:
    """An OptionError when two clusters of cells would have one name."""
    names = [options["cluster"]]
    for index, entry in enumerate(options["callers"]):
        if entry["cluster"] in names:
            where = f"callers[{index}].cluster"
            raise OptionError(f"{where}: found {entry['cluster']} once more, expected a cluster beside {names}")
        names.append(entry["cluster"])


@contextlib.contextmanager
def calling(
    prober: Prober, options: Mapping[str, Any], workloads: Sequence[Workload], now: datetime,
    targets: Sequence[str] = (), addresses: Sequence[str] = (),
) -> Iterator[Caller]:  # fmt: skip
    """A caller in the prober's cluster.

    With ``admit_probes`` it may leave its namespace, and reach the namespaces ``targets`` of the same cluster; so may
    pods of other clusters at ``addresses``.
    """
    client, place = prober.client, options["probe_namespace"]
    certificates = ClientCertificates(signer(client, options["mesh_namespace"]), options["trust_domain"], now)
    trust = trust_bundle(client, options["namespaces"][0])
    with contextlib.ExitStack() as stack:
        if options["admit_probes"]:
            stack.enter_context(admitted(client, prober.owner, place, targets, addresses))
        (pod,) = stack.enter_context(prober.pods([ProbePod(place, "outsider")]))
        yield Caller(prober, pod, workloads, certificates, trust)


def calling_across(
    stack: contextlib.ExitStack, options: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Caller], list[Cell]]:
    """The callers of other clusters, by their names, until ``stack`` ends; and a cell for each that could not call."""
    found: dict[str, Caller] = {}
    missing: list[Cell] = []
    for entry in options["callers"]:
        cluster = entry["cluster"]
        try:
            prober = Prober(ClusterClient.from_connection(entry["connection"]), options)
            workloads = workloads_of(mesh_pods(read_pods(prober.client, options["namespaces"])))
            if not workloads:
                raise PlatformError(f"{', '.join(options['namespaces'])}: no workload to call as")
            found[cluster] = stack.enter_context(calling(prober, options, workloads, now))
        except PlatformError as error:
            missing.append(unmeasured(PROOF, options["cluster"], f"{cluster} could not call: {error.message}", cluster))
    return found, missing


def read_pods(client: ClusterClient, namespaces: Sequence[str]) -> list[Object]:
    """The pods of the mesh's namespaces, all of which must exist."""
    if missing := [name for name in namespaces if client.get("v1", "Namespace", name) is None]:
        raise PlatformError(f"namespaces: {', '.join(missing)} do not exist")
    return [item for namespace in namespaces for item in client.list("v1", "Pod", namespace)]


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
