"""Under which names upstreams publish what is built here. Pure.

An inventory's names are kept: the local cloud serves each image under its upstream's, and no other version than the one
that was built.
"""

from __future__ import annotations

from collections.abc import Mapping

# Image of the catalog → the upstream's repository, and its tag for a version.
UPSTREAMS: Mapping[str, tuple[str, str]] = {
    "pilot": ("docker.io/istio/pilot", "{}"),
    "proxyv2": ("docker.io/istio/proxyv2", "{}"),
    "install-cni": ("docker.io/istio/install-cni", "{}"),
    "contour": ("ghcr.io/projectcontour/contour", "v{}"),
    "envoy": ("docker.io/envoyproxy/envoy", "distroless-v{}"),
    "prometheus": ("docker.io/prom/prometheus", "v{}"),
    "alertmanager": ("docker.io/prom/alertmanager", "v{}"),
    "cert-manager-controller": ("quay.io/jetstack/cert-manager-controller", "v{}"),
    "cert-manager-webhook": ("quay.io/jetstack/cert-manager-webhook", "v{}"),
    "cert-manager-cainjector": ("quay.io/jetstack/cert-manager-cainjector", "v{}"),
    "argo-rollouts": ("quay.io/argoproj/argo-rollouts", "v{}"),
    "kyverno": ("ghcr.io/kyverno/kyverno", "v{}"),
    "prometheus-adapter": ("registry.k8s.io/prometheus-adapter/prometheus-adapter", "v{}"),
    "kube-state-metrics": ("registry.k8s.io/kube-state-metrics/kube-state-metrics", "v{}"),
}


def upstream_name(image: str, reference: str) -> str | None:
    """The upstream's name of an image, whose own reference is ``…:VERSION-DIGEST``; None where there is none."""
    if image not in UPSTREAMS:
        return None
    repository, tag = UPSTREAMS[image]
    return f"{repository}:{tag.format(version(reference))}"


def version(reference: str) -> str:
    """The version in a built image's reference."""
    return reference.rpartition(":")[2].rpartition("-")[0]
