# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Readiness of each kind, as a function of the live object. Pure.

A kind without a predicate is judged by the conventions of Kubernetes' API: ``observedGeneration``, of the status and of
each condition, and the conditions ``Ready``, ``Available``, ``Stalled``, ``Reconciling``; without any status it is
ready once it exists.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, group_of
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait import workloads
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import (
    READY,
    UNOBSERVED,
    Readiness,
    State,
    condition,
    current,
    described,
    failed,
    mapping,
    mappings,
    number,
    outdated,
    pending,
    status_of,
    text,
    unreadable,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.workloads import unobserved

Predicate = Callable[[Object], Readiness]


def readiness(obj: Object) -> Readiness:
    """Whether a live object, with its status, is ready: by the predicate of its kind, else by convention.

    An object that is being deleted is never ready.
    """
    if obj["metadata"].get("deletionTimestamp"):
        return pending("it is being deleted")
    predicate = _PREDICATES.get((group_of(obj["apiVersion"]), obj["kind"]), _by_convention)
    return predicate(obj)


def _needs(name: str, *, fatal: tuple[str, ...] = ()) -> Predicate:
    """Ready when a condition is True; failed when it is False for one of the ``fatal`` reasons."""

    def predicate(obj: Object) -> Readiness:
        found = condition(obj, name)
        if not found:
            return pending(f"no condition {name} yet")
        if outdated(obj) or not current(obj, found):
            return UNOBSERVED
        if found["status"] == "True":
            return READY
        if found["status"] == "False" and found.get("reason") in fatal:
            return failed(described(found))
        return pending(described(found))

    return predicate


def _service(obj: Object) -> Readiness:
    if obj["spec"].get("type") != "LoadBalancer":
        return READY
    ingress = mapping(status_of(obj).get("loadBalancer")).get("ingress")
    if ingress:
        return READY
    taken = obj["metadata"].get("finalizers") or obj["spec"].get("loadBalancerClass")
    return pending("no load balancer address yet" + ("" if taken else ", and no controller has taken it up"))


def _volume_claim(obj: Object) -> Readiness:
    phase = status_of(obj).get("phase", "Pending")
    if phase == "Lost":
        return failed("its volume is lost")
    return READY if phase == "Bound" else pending(f"phase {phase}")


def _definition(obj: Object) -> Readiness:
    names = condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        return failed(text(names))
    return _needs("Established")(obj)


def _namespace(obj: Object) -> Readiness:
    phase = status_of(obj).get("phase", "Active")
    return READY if phase == "Active" else pending(f"phase {phase}")


def _disruption_budget(obj: Object) -> Readiness:
    return UNOBSERVED if unobserved(obj) else READY


def _route(obj: Object) -> Readiness:
    """Gateway API routes: accepted, with resolved references, by every parent."""
    parents = mappings(status_of(obj).get("parents"))
    if not parents:
        return pending("no gateway has taken it yet")
    for parent in parents:
        for name in ("Accepted", "ResolvedRefs"):
            found = condition({"status": parent}, name)
            if found and not current(obj, found):
                return UNOBSERVED
            if found.get("status") != "True":
                return pending(described(found) if found else f"{name} is unknown")
    return READY


def _certificate(obj: Object) -> Readiness:
    """cert-manager calls a certificate Ready that it signed itself for the time being: a revision is an issued one."""
    ready, issuing = _needs("Ready")(obj), condition(obj, "Issuing")
    if ready.state is not State.READY:
        return ready
    if issuing.get("status") == "True" or not number(status_of(obj).get("revision")):
        return pending(described(issuing) if issuing else "none is issued yet")
    return READY


def _kyverno_policy(obj: Object) -> Readiness:
    """Kyverno's conditions are a level deeper than others', and ``ready`` before its webhook knows of the policy."""
    status = mapping(status_of(obj).get("conditionStatus"))
    configured = condition({"status": status}, "WebhookConfigured")
    if not configured:
        return pending("Kyverno's webhook does not know it yet")
    return READY if status.get("ready") is True and configured["status"] == "True" else pending(described(configured))


def _by_convention(obj: Object) -> Readiness:
    status, spec = status_of(obj), mapping(obj.get("spec"))
    # What is suspended does not reconcile: its conditions are of the time before.
    if spec.get("suspend") is True or spec.get("paused") is True:
        return READY
    if outdated(obj):
        return UNOBSERVED
    if unreadable(status):
        return pending(unreadable(status))
    stalled = condition(obj, "Stalled")
    if stalled.get("status") == "True" and current(obj, stalled):
        return failed(text(stalled))
    for problem in mappings(status.get("validationMessages")):
        if str(problem.get("level", "")).upper() == "ERROR":
            return failed(str(mapping(problem.get("type")).get("code") or "invalid"))
    for name, want in (("Ready", "True"), ("Available", "True"), ("Reconciled", "True"), ("Reconciling", "False")):
        found = condition(obj, name)
        if found and not current(obj, found):
            return UNOBSERVED
        if found and found["status"] != want:
            return pending(described(found))
    return READY


_PREDICATES: dict[tuple[str, str], Predicate] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _volume_claim,
    ("", "Pod"): workloads.pod,
    ("", "ReplicationController"): workloads.replica_set,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _needs("Available"),
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _needs("AbleToScale"),
    ("argoproj.io", "Rollout"): workloads.rollout,
    ("batch", "Job"): workloads.job,
    # Until their controller has seen them they have no status, which by convention were ready.
    ("cert-manager.io", "Certificate"): _certificate,
    ("cert-manager.io", "ClusterIssuer"): _needs("Ready"),
    ("cert-manager.io", "Issuer"): _needs("Ready"),
    ("policies.kyverno.io", "ValidatingPolicy"): _kyverno_policy,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    # GKE says Invalid of a Gateway as long as anything that it needs is not there yet, and tries again.
    ("gateway.networking.k8s.io", "Gateway"): _needs("Programmed"),
    ("gateway.networking.k8s.io", "GatewayClass"): _needs("Accepted", fatal=("InvalidParameters",)),
    ("gateway.networking.k8s.io", "GRPCRoute"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _route,
    ("gateway.networking.k8s.io", "TLSRoute"): _route,
}
