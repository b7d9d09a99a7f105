"""Which field managers are controllers, and which are a person's tools."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy

CONTROLLERS = [
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-apiserver",
    "cloud-controller-manager",
    "clusterrole-aggregation-controller",
    "glbc",
    "gke-metrics-agent",
    "GoogleGKEGatewayController",
    "pilot-discovery",
    "cert-manager-cainjector",
    "cert-manager-certificates-trigger",
    "cilium-operator-generic",
    "cilium-agent",
    "rollouts-controller",
    "argocd-application-controller",
    "kustomize-controller",
    "manager",
    "vpa-recommender",
    "cluster-autoscaler",
    "csi-provisioner",
    "external-dns",
    "PrometheusOperator",
    "kyverno-background-controller",
    "pingpong.platform",
]
TOOLS = [
    "argocd-controller",
    "kubectl",
    "kubectl-edit",
    "kubectl-patch",
    "kubectl-client-side-apply",
    "kubectl-last-applied",
    "kubectl-create",
    "kubectl-annotate",
    "kubectl-controller",
    "before-first-apply",
    "OpenAPI-Generator",
    "python-requests",
    "curl",
    "Mozilla",
    "node-fetch",
    "k9s",
    "Lens",
    "helm",
    "terraform",
    "ansible",
    "my-script",
    "unknown",
]


@pytest.mark.parametrize("manager", CONTROLLERS)
def test_controllers(manager: str) -> None:
    assert ManagerPolicy().trusts(manager)


@pytest.mark.parametrize("manager", [*TOOLS, ""])
def test_tools(manager: str) -> None:
    assert not ManagerPolicy().trusts(manager)
    assert ManagerPolicy(allowed=("*",)).trusts(manager)


def test_allowed_ones_are_patterns() -> None:
    policy = ManagerPolicy(allowed=("vault-*", "kubectl-label"))
    assert [policy.trusts(name) for name in ("vault-k8s", "kubectl-label", "kubectl-edit")] == [True, True, False]
