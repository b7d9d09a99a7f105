"""The objects that the roles and ping's chart render for an inventory, each with its namespace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.charts import render

from tests.support.roles import evaluated, rendered

TEMPLATES = {
    "pod_security": ("namespaces.yml.j2",),
    "admission": ("policy.yml.j2",),
    "ingress": ("access.yml.j2", "contour.yml.j2", "envoy.yml.j2"),
    "monitoring": ("prometheus.yml.j2", "alertmanager.yml.j2", "kube-state-metrics.yml.j2"),
}
# The roles whose objects are in one namespace have it in a variable of this name.
NAMESPACE = "{role}_namespace"
CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy",
                "ValidatingAdmissionPolicyBinding")  # fmt: skip


def objects(inventory: str, helm: Path) -> list[dict[str, Any]]:
    """What an environment's clusters get from the roles' own templates and from ping's chart."""
    found: list[dict[str, Any]] = []
    for role, templates in TEMPLATES.items():
        documents = [document for template in templates for document in rendered(role, inventory, template)]
        if role in ("ingress", "monitoring"):
            namespace = evaluated(role, inventory, NAMESPACE.format(role=role))
            documents = [_in_namespace(document, namespace) for document in documents]
        found += documents
    found += evaluated("network_policy", inventory, "__network_policy_objects")
    found += evaluated("mesh", inventory, "__mesh_policies")
    found += evaluated("edge", inventory, "__edge_objects")
    for release in evaluated("ping", inventory, "__ping_releases"):
        found += [_in_namespace(document, release["namespace"]) for document in render(release, str(helm))]
    return found


def _in_namespace(document: dict[str, Any], namespace: str) -> dict[str, Any]:
    if document["kind"] in CLUSTER_WIDE:
        return document
    return {**document, "metadata": {"namespace": namespace, **document["metadata"]}}
