# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When an object is ready, a predicate per kind. Pure.

A kind without one is judged by the conventions of Kubernetes' API: ``observedGeneration`` and the conditions
``Ready``, ``Available``, ``Stalled``, ``Reconciling``; without any status it is ready once it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, group_of


class State(Enum):
    """What a predicate says; FAILED will not heal by waiting."""

    READY = "ready"
    PENDING = "pending"
    FAILED = "failed"


class Readiness(NamedTuple):
    """A state and the status that it was read from, as a sentence for the user."""

    state: State
    message: str = ""


Predicate = Callable[[Object], Readiness]
READY = Readiness(State.READY)


def readiness(obj: Object) -> Readiness:
    """Whether a live object, with its status, is ready: by the predicate of its kind, else by convention.

    An object that is being deleted is never ready.
    """
    if obj["metadata"].get("deletionTimestamp"):
        return _pending("it is being deleted")
    predicate = _PREDICATES.get((group_of(obj["apiVersion"]), obj["kind"]), _by_convention)
    return predicate(obj)


def condition(obj: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The condition of this type, empty when it is not there."""
    for item in (obj.get("status") or {}).get("conditions") or []:
        if item.get("type") == name:
            return dict(item)
    return {}


def _pending(message: str) -> Readiness:
    return Readiness(State.PENDING, message)


def _failed(message: str) -> Readiness:
    return Readiness(State.FAILED, message)


def _text(item: Mapping[str, Any]) -> str:
    return ": ".join(str(item[part]) for part in ("reason", "message") if item.get(part))


def _unobserved(obj: Object) -> Readiness | None:
    status = obj.get("status") or {}
    if status.get("observedGeneration", 0) < obj["metadata"].get("generation", 0):
        return _pending("its controller has not seen this generation yet")
    return None


def _needs(name: str, *, fatal: tuple[str, ...] = ()) -> Predicate:
    """Ready when a condition is True; failed when it is False for one of the ``fatal`` reasons."""

    def predicate(obj: Object) -> Readiness:
        found = condition(obj, name)
        if found.get("status") == "True":
            return READY
        if found.get("status") == "False" and found.get("reason") in fatal:
            return _failed(f"{name} is False, {_text(found)}")
        return _pending(f"{name} is {found['status']}, {_text(found)}" if found else f"no condition {name} yet")

    return predicate


def _deployment(obj: Object) -> Readiness:
    progressing = condition(obj, "Progressing")
    unobserved = _unobserved(obj)
    if unobserved:
        return unobserved
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return _failed(_text(progressing))
    status, want = obj.get("status") or {}, obj["spec"].get("replicas", 1)
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    if updated < want:
        blocked = condition(obj, "ReplicaFailure")
        why = f"; {_text(blocked)}" if blocked.get("status") == "True" else ""
        return _pending(f"{updated} of {want} replicas are updated{why}")
    if total > updated:
        return _pending(f"{total - updated} old replicas still run")
    return READY if available >= want else _pending(f"{available} of {want} replicas are available")


def _stateful_set(obj: Object) -> Readiness:
    unobserved = _unobserved(obj)
    if unobserved:
        return unobserved
    spec, status = obj["spec"], obj.get("status") or {}
    want = spec.get("replicas", 1)
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") != "OnDelete":
        partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
        updated, needed = status.get("updatedReplicas", 0), max(0, want - partition)
        if updated < needed and status.get("currentRevision") != status.get("updateRevision"):
            return _pending(f"{updated} of {needed} replicas are updated")
    ready = status.get("availableReplicas", status.get("readyReplicas", 0))
    return READY if ready >= want else _pending(f"{ready} of {want} replicas are ready")


def _daemon_set(obj: Object) -> Readiness:
    unobserved = _unobserved(obj)
    if unobserved:
        return unobserved
    status = obj.get("status") or {}
    want = status.get("desiredNumberScheduled", 0)
    updated = status.get("updatedNumberScheduled", 0)
    on_delete = (obj["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
    if updated < want and not on_delete:
        return _pending(f"{updated} of {want} pods are updated")
    available = status.get("numberAvailable", 0)
    return READY if available >= want else _pending(f"{available} of {want} pods are available")


def _replica_set(obj: Object) -> Readiness:
    unobserved = _unobserved(obj)
    if unobserved:
        return unobserved
    status, want = obj.get("status") or {}, obj["spec"].get("replicas", 1)
    blocked = condition(obj, "ReplicaFailure")
    why = f"; {_text(blocked)}" if blocked.get("status") == "True" else ""
    if status.get("replicas", 0) > want:
        return _pending(f"{status['replicas'] - want} replicas too many still run")
    available = status.get("availableReplicas", 0)
    return READY if available >= want else _pending(f"{available} of {want} replicas are available{why}")


def _job(obj: Object) -> Readiness:
    failed = condition(obj, "Failed")
    if failed.get("status") == "True":
        return _failed(_text(failed) or "the job failed")
    if condition(obj, "Complete").get("status") == "True" or obj["spec"].get("suspend"):
        return READY
    status = obj.get("status") or {}
    return _pending(f"{status.get('succeeded', 0)} succeeded, {status.get('active', 0)} active")


def _pod(obj: Object) -> Readiness:
    status = obj.get("status") or {}
    phase = status.get("phase", "Pending")
    if phase == "Succeeded" or condition(obj, "Ready").get("status") == "True":
        return READY
    if phase == "Failed":
        return _failed(_text(status) or "the pod failed")
    scheduled = condition(obj, "PodScheduled")
    if scheduled.get("status") == "False":
        return _pending(_text(scheduled))
    return _pending(f"phase {phase}, {_text(condition(obj, 'Ready')) or 'not ready'}")


def _service(obj: Object) -> Readiness:
    if obj["spec"].get("type") != "LoadBalancer":
        return READY
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return READY if ingress else _pending("no load balancer address yet")


def _volume_claim(obj: Object) -> Readiness:
    phase = (obj.get("status") or {}).get("phase", "Pending")
    if phase == "Lost":
        return _failed("its volume is lost")
    return READY if phase == "Bound" else _pending(f"phase {phase}")


def _definition(obj: Object) -> Readiness:
    names = condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        return _failed(_text(names))
    return _needs("Established")(obj)


def _namespace(obj: Object) -> Readiness:
    phase = (obj.get("status") or {}).get("phase", "Active")
    return READY if phase == "Active" else _pending(f"phase {phase}")


def _disruption_budget(obj: Object) -> Readiness:
    return _unobserved(obj) or READY


def _route(obj: Object) -> Readiness:
    """Gateway API routes: accepted, with resolved references, by every parent."""
    parents = (obj.get("status") or {}).get("parents") or []
    if not parents:
        return _pending("no gateway has taken it yet")
    for parent in parents:
        holder = {"status": parent}
        for name in ("Accepted", "ResolvedRefs"):
            found = condition(holder, name)
            if found.get("status") != "True":
                return _pending(f"{name} is {found.get('status', 'unknown')}, {_text(found)}")
    return READY


def _by_convention(obj: Object) -> Readiness:
    status = obj.get("status") or {}
    generation = obj["metadata"].get("generation", 0)
    # Istio and others write it as a string.
    observed = status.get("observedGeneration")
    if observed is not None and str(observed).isdigit() and int(observed) < generation:
        return _pending("its controller has not seen this generation yet")
    stalled = condition(obj, "Stalled")
    if stalled.get("status") == "True":
        return _failed(_text(stalled))
    for problem in status.get("validationMessages") or []:
        if str(problem.get("level", "")).upper() == "ERROR":
            return _failed(str((problem.get("type") or {}).get("code") or "invalid"))
    for name, want in (("Ready", "True"), ("Available", "True"), ("Reconciled", "True"), ("Reconciling", "False")):
        found = condition(obj, name)
        if found and found.get("status") != want:
            return _pending(f"{name} is {found.get('status')}, {_text(found)}")
    return READY


_PREDICATES: dict[tuple[str, str], Predicate] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _volume_claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replica_set,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _needs("Available"),
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _needs("AbleToScale"),
    ("batch", "Job"): _job,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    ("gateway.networking.k8s.io", "Gateway"): _needs("Programmed", fatal=("Invalid",)),
    ("gateway.networking.k8s.io", "GatewayClass"): _needs("Accepted", fatal=("InvalidParameters",)),
    ("gateway.networking.k8s.io", "GRPCRoute"): _route,
    ("gateway.networking.k8s.io", "HTTPRoute"): _route,
    ("gateway.networking.k8s.io", "TLSRoute"): _route,
}
