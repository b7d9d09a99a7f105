# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What decides security in a cluster, as data: kinds, and of some of them which objects. Pure.

An undeclared object of these kinds is drift in a managed namespace, whatever it says. Elsewhere, and cluster-wide, it
is drift when its ``decides`` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.rules import carries_credentials

Live = Mapping[str, Any]


def _always(obj: Live) -> bool:
    return True


def _reaches_outside(service: Live) -> bool:
    spec = service.get("spec") or {}
    return spec.get("type") in ("LoadBalancer", "NodePort", "ExternalName") or bool(spec.get("externalIPs"))


def _is_token(secret: Live) -> bool:
    return secret.get("type") == "kubernetes.io/service-account-token"


def _is_remote(service: Live) -> bool:
    return bool((service.get("spec") or {}).get("service"))


@dataclass(frozen=True)
class Decides:
    """A kind whose undeclared objects are named; ``why`` says what one of them could do."""

    group: str
    kind: str
    why: str
    decides: Callable[[Live], bool] = _always
    # Where only some objects of the kind are looked at: what the server is asked for, and which of the answer.
    field_selector: str | None = None
    only: Callable[[Live], bool] = _always


@dataclass(frozen=True)
class DecidesGroup:
    """An API group, all of whose kinds decide but ``apart`` from those that controllers fill by nature."""

    group: str
    why: str
    apart: frozenset[str] = field(default_factory=frozenset)


_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"

KINDS: tuple[Decides, ...] = (
    Decides("", "Namespace", "what is in a namespace that nobody declared is held to no level and no policy"),
    Decides("", "Pod", "runs what nobody declared"),
    Decides("", "Service", "reaches outside, or takes another one's name", _reaches_outside),
    Decides("", "ServiceAccount", "is an identity of its own", carries_credentials),
    Decides("", "Secret", "is a token of a service account that never expires", _is_token,
            "type=kubernetes.io/service-account-token", _is_token),
    Decides("", "ReplicationController", "runs what nobody declared"),
    Decides("apps", "Deployment", "runs what nobody declared"),
    Decides("apps", "DaemonSet", "runs what nobody declared"),
    Decides("apps", "StatefulSet", "runs what nobody declared"),
    Decides("apps", "ReplicaSet", "runs what nobody declared"),
    Decides("batch", "Job", "runs what nobody declared"),
    Decides("batch", "CronJob", "runs what nobody declared"),
    Decides("networking.k8s.io", "NetworkPolicy", "lets in or out what no declared policy lets"),
    Decides("networking.k8s.io", "Ingress", "publishes a Service"),
    Decides(_RBAC, "Role", "holds rights that a binding may give"),
    Decides(_RBAC, "RoleBinding", "gives rights in its namespace"),
    Decides(_RBAC, "ClusterRole", "holds rights that a binding, or an aggregated role, may give"),
    Decides(_RBAC, "ClusterRoleBinding", "gives rights in the whole cluster"),
    Decides("apiregistration.k8s.io", "APIService", "answers for a part of the API", _is_remote, None, _is_remote),
)  # fmt: skip

GROUPS: tuple[DecidesGroup, ...] = (
    DecidesGroup(_ADMISSION, "judges or changes what others create"),
    DecidesGroup("kyverno.io", "judges or changes what others create, or spares it", frozenset({"UpdateRequest"})),
    DecidesGroup("policies.kyverno.io", "judges or changes what others create, or spares it"),
    DecidesGroup("security.istio.io", "changes who may call whom, or how they are known"),
    DecidesGroup("networking.istio.io", "changes where calls go, or what protects them"),
    DecidesGroup("telemetry.istio.io", "changes what is recorded of calls"),
    DecidesGroup("extensions.istio.io", "runs code in proxies"),
    DecidesGroup(
        "cilium.io",
        "lets in or out what no declared policy lets",
        frozenset({"CiliumEndpoint", "CiliumEndpointSlice", "CiliumIdentity", "CiliumNode"}),
    ),
    DecidesGroup("policy.networking.k8s.io", "lets in or out what no declared policy lets"),
    DecidesGroup("gateway.networking.k8s.io", "publishes a Service", frozenset({"GatewayClass"})),
    DecidesGroup(
        "networking.gke.io",
        "publishes a Service, or changes how",
        # https://cloud.google.com/kubernetes-engine/docs/how-to/multinetwork: GKE makes those of the cluster itself.
        frozenset({"Network", "GKENetworkParamSet", "NetworkInterface", "ServiceNetworkEndpointGroup"}),
    ),
    DecidesGroup("net.gke.io", "publishes a Service to other clusters", frozenset({"ServiceImport"})),
    DecidesGroup("argoproj.io", "runs what nobody declared, or decides when it does"),
    DecidesGroup("projectcontour.io", "publishes a Service"),
    DecidesGroup("cert-manager.io", "obtains certificates", frozenset({"CertificateRequest"})),
    DecidesGroup("secrets-store.csi.x-k8s.io", "mounts secrets", frozenset({"SecretProviderClassPodStatus"})),
)

# Labels by which a namespace joins a mesh. Those of Pod Security can only tighten a namespace that has none by nature.
MESH_LABELS = ("istio-injection", "istio.io/", "topology.istio.io/")
