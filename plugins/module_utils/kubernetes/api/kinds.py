# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes' own kinds as data, so that the usual object needs no discovery request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode


class Resource(NamedTuple):
    """Where objects of a kind live in the API."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of the collection (all namespaces when none is given), an object or its subresource."""
        root = "/api/" if "/" not in self.api_version else "/apis/"
        path = root + self.api_version
        if self.namespaced and namespace:
            path += "/namespaces/" + quote(namespace, safe="")
        path += "/" + self.plural
        if name is not None:
            path += "/" + quote(name, safe="")
        if subresource is not None:
            path += "/" + subresource
        return path


def query_string(options: Mapping[str, str | int | bool | None]) -> str:
    """``?a=b`` of the options that are set, empty when none is; True becomes ``true``."""
    given = {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in options.items()
        if value is not None and value is not False and value != ""
    }
    return "?" + urlencode(given) if given else ""


# api version: namespaced kinds | cluster-wide kinds; the plural follows English unless it is given after a slash.
_TABLE = """
v1: Pod Service ConfigMap Secret ServiceAccount PersistentVolumeClaim Endpoints/endpoints Event LimitRange
  ResourceQuota ReplicationController PodTemplate | Namespace Node PersistentVolume
apps/v1: Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision |
batch/v1: Job CronJob |
autoscaling/v2: HorizontalPodAutoscaler |
policy/v1: PodDisruptionBudget |
networking.k8s.io/v1: Ingress NetworkPolicy | IngressClass
discovery.k8s.io/v1: EndpointSlice |
coordination.k8s.io/v1: Lease |
rbac.authorization.k8s.io/v1: Role RoleBinding | ClusterRole ClusterRoleBinding
scheduling.k8s.io/v1: | PriorityClass
storage.k8s.io/v1: CSIStorageCapacity | StorageClass CSIDriver CSINode VolumeAttachment
node.k8s.io/v1: | RuntimeClass
apiextensions.k8s.io/v1: | CustomResourceDefinition
apiregistration.k8s.io/v1: | APIService
certificates.k8s.io/v1: | CertificateSigningRequest
admissionregistration.k8s.io/v1: | MutatingWebhookConfiguration ValidatingWebhookConfiguration
  ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
"""


def plural_of(kind: str) -> str:
    """The plural that Kubernetes' own kinds have: services, ingresses, networkpolicies, storageclasses."""
    lower = kind.lower()
    if lower.endswith(("s", "x", "ch", "sh")):
        return lower + "es"
    if lower.endswith("y") and lower[-2] not in "aeiou":
        return lower[:-1] + "ies"
    return lower + "s"


def _table() -> dict[tuple[str, str], Resource]:
    resources: dict[tuple[str, str], Resource] = {}
    for line in _TABLE.replace("\n  ", " ").strip().splitlines():
        api_version, _unused, kinds = line.partition(": ")
        scoped = kinds.split("|")
        for namespaced, words in ((True, scoped[0]), (False, scoped[1])):
            for word in words.split():
                kind, _unused, plural = word.partition("/")
                resources[api_version, kind] = Resource(api_version, kind, plural or plural_of(kind), namespaced)
    return resources


BUILT_IN = _table()
