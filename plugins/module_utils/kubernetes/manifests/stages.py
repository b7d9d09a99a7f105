# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order in which kinds are applied: what others need comes first, admission comes last."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import group_of

DEFINITIONS, CLASSES, CONFIGURATION, WORKLOADS, GUARDS = range(5)

# Waited for before the next stage: nothing below can exist without them.
AWAITED = frozenset({"CustomResourceDefinition", "Namespace"})

_DEFINITIONS = frozenset(
    {
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("", "Namespace"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    }
)
_CONFIGURATION = frozenset(
    {
        ("", "ServiceAccount"),
        ("", "ConfigMap"),
        ("", "Secret"),
        ("", "Service"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("", "LimitRange"),
        ("", "ResourceQuota"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("networking.k8s.io", "NetworkPolicy"),
    }
)
_GUARDS = frozenset(
    {
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("apiregistration.k8s.io", "APIService"),
        ("policies.kyverno.io", "ValidatingPolicy"),
    }
)


def stage_of(api_version: str, kind: str) -> int:
    """The stage of a kind; objects of one stage are applied at the same time."""
    resource = (group_of(api_version), kind)
    if resource in _DEFINITIONS:
        return DEFINITIONS
    if resource in _GUARDS:
        return GUARDS
    if resource in _CONFIGURATION:
        return CONFIGURATION
    # StorageClass, PriorityClass, IngressClass, GatewayClass, and the like of them in any group.
    return CLASSES if kind.endswith("Class") else WORKLOADS
