# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When Deployments, Rollouts, Jobs, Pods and their like are ready; what is paused is not waited for. Pure."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import (
    READY,
    UNOBSERVED,
    Readiness,
    condition,
    failed,
    mapping,
    mappings,
    number,
    pending,
    status_of,
    text,
)


def unobserved(obj: Object) -> bool:
    """Whether the controller of a built-in kind has yet to see this generation."""
    return number(status_of(obj).get("observedGeneration")) < number(obj["metadata"].get("generation"))


def deployment(obj: Object) -> Readiness:
    progressing = condition(obj, "Progressing")
    if unobserved(obj):
        return UNOBSERVED
    if obj["spec"].get("paused"):
        return READY
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(text(progressing))
    status, want = status_of(obj), obj["spec"].get("replicas", 1)
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    if updated < want:
        blocked = condition(obj, "ReplicaFailure")
        why = f"; {text(blocked)}" if blocked.get("status") == "True" else ""
        return pending(f"{updated} of {want} replicas are updated{why}")
    if total > updated:
        return pending(f"{total - updated} old replicas still run")
    return READY if available >= want else pending(f"{available} of {want} replicas are available")


def rollout(obj: Object) -> Readiness:
    """A Rollout of Argo's: promoted, or waiting for a person to promote it; one that was aborted has failed."""
    if unobserved(obj):
        return UNOBSERVED
    status = status_of(obj)
    phase, message = str(status.get("phase") or "Progressing"), str(status.get("message") or "")
    # What it names may be applied in the same moment: the controller looks again.
    if phase == "Degraded" and not message.startswith("InvalidSpec"):
        return failed(message or "it was aborted")
    if phase == "Healthy" or obj["spec"].get("paused") or _awaits_approval(obj):
        return READY
    step, steps = number(status.get("currentStepIndex")), mapping(obj["spec"]["strategy"].get("canary")).get("steps")
    return pending(f"{phase}, step {step} of {len(steps or ())}" + (f": {message}" if message else ""))


def _awaits_approval(obj: Object) -> bool:
    """Whether the step that a canary is at is a pause without an end, or its analysis could not decide."""
    status = status_of(obj)
    reasons = {item.get("reason") for item in mappings(status.get("pauseConditions"))}
    steps = mappings(mapping(obj["spec"]["strategy"].get("canary")).get("steps"))
    step = number(status.get("currentStepIndex"))
    endless = step < len(steps) and "pause" in steps[step] and not mapping(steps[step]["pause"]).get("duration")
    return "InconclusiveAnalysisRun" in reasons or ("CanaryPauseStep" in reasons and endless)


def stateful_set(obj: Object) -> Readiness:
    if unobserved(obj):
        return UNOBSERVED
    spec, status = obj["spec"], status_of(obj)
    want = spec.get("replicas", 1)
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") != "OnDelete":
        partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
        updated, needed = status.get("updatedReplicas", 0), max(0, want - partition)
        if updated < needed and status.get("currentRevision") != status.get("updateRevision"):
            return pending(f"{updated} of {needed} replicas are updated")
    ready = status.get("availableReplicas", status.get("readyReplicas", 0))
    return READY if ready >= want else pending(f"{ready} of {want} replicas are ready")


def daemon_set(obj: Object) -> Readiness:
    if unobserved(obj):
        return UNOBSERVED
    status = status_of(obj)
    want = status.get("desiredNumberScheduled", 0)
    updated = status.get("updatedNumberScheduled", 0)
    on_delete = (obj["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
    if updated < want and not on_delete:
        return pending(f"{updated} of {want} pods are updated")
    available = status.get("numberAvailable", 0)
    return READY if available >= want else pending(f"{available} of {want} pods are available")


def replica_set(obj: Object) -> Readiness:
    if unobserved(obj):
        return UNOBSERVED
    status, want = status_of(obj), obj["spec"].get("replicas", 1)
    blocked = condition(obj, "ReplicaFailure")
    why = f"; {text(blocked)}" if blocked.get("status") == "True" else ""
    if status.get("replicas", 0) > want:
        return pending(f"{status['replicas'] - want} replicas too many still run")
    available = status.get("availableReplicas", 0)
    return READY if available >= want else pending(f"{available} of {want} replicas are available{why}")


def job(obj: Object) -> Readiness:
    ended = condition(obj, "Failed")
    if ended.get("status") == "True":
        return failed(text(ended) or "the job failed")
    # Without a pod to run it never completes; somebody will resume it.
    idle = obj["spec"].get("suspend") or obj["spec"].get("parallelism") == 0
    if condition(obj, "Complete").get("status") == "True" or idle:
        return READY
    status = status_of(obj)
    return pending(f"{status.get('succeeded', 0)} succeeded, {status.get('active', 0)} active")


def pod(obj: Object) -> Readiness:
    status = status_of(obj)
    phase = status.get("phase", "Pending")
    if phase == "Succeeded" or condition(obj, "Ready").get("status") == "True":
        return READY
    if phase == "Failed":
        return failed(text(status) or "the pod failed")
    scheduled = condition(obj, "PodScheduled")
    if scheduled.get("status") == "False":
        return pending(text(scheduled))
    return pending(f"phase {phase}, {text(condition(obj, 'Ready')) or 'not ready'}")
