# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What controllers write by nature, as data: fields of declared objects, and objects below declared ones. Pure."""

from __future__ import annotations

# (group, kind) of what controllers make, and what it may belong to. Ownership by any other pair is a claim that
# whoever wrote the object made.
CHILDREN: dict[tuple[str, str], frozenset[tuple[str, str]]] = {
    ("", "Pod"): frozenset({("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job")}),
    ("apps", "ReplicaSet"): frozenset({("apps", "Deployment"), ("argoproj.io", "Rollout")}),
    ("argoproj.io", "AnalysisRun"): frozenset({("argoproj.io", "Rollout")}),
    ("batch", "Job"): frozenset({("batch", "CronJob"), ("argoproj.io", "AnalysisRun")}),
}

# Webhook configurations that a controller makes by these names, and the Service that they call, namespace and name.
CALLING: dict[str, tuple[str, str]] = {
    f"kyverno-{name}-webhook-cfg": ("kyverno", "kyverno-svc")
    for name in (
        "cel-exception-validating", "exception-validating", "global-context-validating", "policy-mutating",
        "policy-validating", "resource-mutating", "resource-validating", "verify-mutating",
    )
}  # fmt: skip

# What GKE's Gateway controller notes on a Gateway of what it made.
_GATEWAY_NOTES = (
    *("addresses", "backend-services", "firewalls", "forwarding-rules", "health-checks", "last-reconcile-time"),
    *("lb-route-extensions", "lb-traffic-extensions", "ssl-certificates", "target-http-proxies"),
    *("target-https-proxies", "url-maps", "wasm-plugins"),
)

# Fields that a controller fills on objects that others declare: kind ("*" for any), pattern of the path. What a
# person writes to a field that is declared, such as a number of replicas, is in the layer's plan nevertheless.
# https://kubernetes.io/docs/reference/labels-annotations-taints/ and the controllers' own documents.
FILLED: tuple[tuple[str, str], ...] = (
    ("*", "metadata.finalizers*"),
    ("Deployment", "metadata.annotations.deployment.kubernetes.io/revision"),
    ("Deployment", "spec.replicas"),
    ("StatefulSet", "spec.replicas"),
    ("Rollout", "metadata.annotations.rollout.argoproj.io/*"),
    ("Rollout", "spec.replicas"),
    ("Service", "metadata.annotations.argo-rollouts.argoproj.io/managed-by-rollouts"),
    ("DaemonSet", "metadata.annotations.deprecated.daemonset.template.generation"),
    ("Namespace", "metadata.labels.kubernetes.io/metadata.name"),
    ("Service", "metadata.annotations.cloud.google.com/neg-status"),
    *(("Gateway", f"metadata.annotations.networking.gke.io/{name}") for name in _GATEWAY_NOTES),
    ("HTTPRoute", "metadata.annotations.networking.gke.io/last-reconcile-time"),
    ("HorizontalPodAutoscaler", "metadata.annotations.autoscaling.alpha.kubernetes.io/*"),
    ("ValidatingWebhookConfiguration", "webhooks*.clientConfig.caBundle"),
    ("MutatingWebhookConfiguration", "webhooks*.clientConfig.caBundle"),
    ("APIService", "spec.caBundle"),
)

# Filled as well, in a ClusterRole that declares an aggregationRule.
AGGREGATED = "rules*"

# Containers that the mesh's injector adds; their images are those that its own declared configuration names.
INJECTED = frozenset({"istio-proxy", "istio-init", "istio-validation", "enable-core-dump"})
INJECTOR = ("istio-sidecar-injector", "values")

# What a pod may not have that its workload's template has not, beside its containers' images.
POD_FIELDS = ("serviceAccountName", "hostNetwork", "hostPID", "hostIPC", "runtimeClassName", "hostUsers")
CONTAINER_FIELDS = ("image", "command", "args", "securityContext")
