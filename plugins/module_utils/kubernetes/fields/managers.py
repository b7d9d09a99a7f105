# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Field managers: which of them are controllers, whose fields are left alone, and which are a person's tools. Pure.

A field manager is only a name, by default that of the program that sent the request, so the rule is one of names:
Kubernetes' own components, and whatever is called a controller, an operator and the like. Everything else (kubectl,
client libraries, scripts, names that nobody knows) is taken for a person's tool; what it writes into our objects is
drift. The option ``allowed_managers`` adds to the controllers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER

# In lower case. The names of programs that write to others' objects, as they appear in managedFields.
_CONTROLLERS = (
    # Kubernetes and the clouds' parts of it.
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "cloud-controller-manager",
    "clusterrole-aggregation-controller",
    "glbc",
    "gke",
    "gke-*",
    "googlegke*",
    # By the conventions of their names.
    "*controller*",
    "*operator*",
    "*inject*",
    "*webhook*",
    "*scheduler*",
    "*autoscaler*",
    "*provisioner*",
    "*recommender*",
    "*-agent",
    # The default name of a controller that is built with kubebuilder.
    "manager",
    "cert-manager*",
    "cilium*",
    "contour*",
    "envoy-gateway*",
    "external-*",
    "istiod*",
    "keda*",
    "kueue*",
    "kyverno*",
    "pilot-*",
    "velero*",
)

# Named as controllers, but what they write is what somebody else declares. Argo CD's, where GitOps was switched off:
# https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#server-side-apply
_DEPLOYERS = frozenset({"argocd-controller"})


@dataclass(frozen=True)
class ManagerPolicy:
    """Which field managers may write into our objects, and whether what others wrote there is reverted.

    ``allowed`` are patterns of names, as ``fnmatch`` reads them, beside the controllers.
    """

    revert: bool = True
    allowed: tuple[str, ...] = ()

    def trusts(self, manager: str) -> bool:
        """Whether a field manager is a controller, an allowed one, or this collection itself."""
        if manager == FIELD_MANAGER or _matches(manager, self.allowed):
            return True
        name = manager.lower()
        return not name.startswith("kubectl") and name not in _DEPLOYERS and _matches(name, _CONTROLLERS)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
