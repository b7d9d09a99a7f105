# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why the pods of a workload will not start: the terminal states that make waiting pointless. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait import pulls

# Reasons that may still heal (a Secret or an image that is about to come) count only after this many seconds.
GRACE = {
    "CrashLoopBackOff": 0.0,
    "InvalidImageName": 0.0,
    "ErrImageNeverPull": 0.0,
    "ImagePullBackOff": 15.0,
    "ErrImagePull": 15.0,
    "CreateContainerConfigError": 15.0,
    "CreateContainerError": 15.0,
    "RunContainerError": 15.0,
}
# A program that waits for its peers by crashing deserves a few tries.
RESTARTS = 3

WORKLOADS = frozenset(
    {
        ("", "ReplicationController"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
    }
)


class TerminalContainer(NamedTuple):
    """A container that does not start, and what was last heard of it."""

    pod: str
    container: str
    reason: str
    message: str

    def __str__(self) -> str:
        said = f": {self.message}" if self.message else ""
        return f"pod {self.pod}, container {self.container}: {self.reason}{said}"


def selector(workload: Object) -> str | None:
    """The label selector of a workload's pods, None when it has none that a LIST can use."""
    spec = workload["spec"].get("selector") or {}
    labels = spec if workload["kind"] == "ReplicationController" else spec.get("matchLabels")
    if not labels or spec.get("matchExpressions"):
        return None
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))


def current(workload: Object, pods: Iterable[Object], replica_sets: Iterable[Object]) -> list[Object]:
    """The pods of a workload's newest revision: the older ones may crash while the cure is rolled out."""
    kind = workload["kind"]
    if kind == "Deployment":
        revision = _annotation(workload, "deployment.kubernetes.io/revision")
        hashes = {
            item["metadata"].get("labels", {}).get("pod-template-hash")
            for item in replica_sets
            if revision and _annotation(item, "deployment.kubernetes.io/revision") == revision
        }
        return [pod for pod in pods if _label(pod, "pod-template-hash") in hashes]
    if kind == "StatefulSet":
        revision = (workload.get("status") or {}).get("updateRevision")
        return [pod for pod in pods if _label(pod, "controller-revision-hash") == revision]
    if kind == "DaemonSet":
        generation = _annotation(workload, "deprecated.daemonset.template.generation")
        return [pod for pod in pods if _label(pod, "pod-template-generation") in (generation, None)]
    return list(pods)


def terminal_containers(pods: Iterable[Object]) -> Iterator[TerminalContainer]:
    """The containers, init containers too, that wait for a terminal reason."""
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp"):
            continue
        status = pod.get("status") or {}
        for item in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
            waiting = (item.get("state") or {}).get("waiting") or {}
            reason = waiting.get("reason", "")
            if reason not in GRACE or (reason == "CrashLoopBackOff" and item.get("restartCount", 0) < RESTARTS):
                continue
            said = str(waiting.get("message") or "")
            message = _termination_message(item) or f"{said}{pulls.cure(said)}"
            yield TerminalContainer(pod["metadata"]["name"], str(item.get("name")), reason, message)


def first_unready(pods: Iterable[Object]) -> str:
    """One sentence on the first pod that is not ready, for the error of a wait that ran out."""
    for pod in pods:
        status = pod.get("status") or {}
        conditions = {item.get("type"): item for item in status.get("conditions") or []}
        if (conditions.get("Ready") or {}).get("status") == "True" or status.get("phase") == "Succeeded":
            continue
        scheduled = conditions.get("PodScheduled") or {}
        why = scheduled if scheduled.get("status") == "False" else conditions.get("Ready") or {}
        waits = [
            f"{item.get('name')}: {state['reason']}"
            for item in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
            if (state := (item.get("state") or {}).get("waiting") or {}).get("reason")
        ]
        said = str(why.get("message") or why.get("reason") or status.get("phase") or "no status")
        return f"pod {pod['metadata']['name']}: {said}" + (f" ({', '.join(waits)})" if waits else "")
    return ""


def _termination_message(item: Mapping[str, Any]) -> str:
    ended = (item.get("lastState") or {}).get("terminated") or {}
    if not ended:
        return ""
    said = str(ended.get("message") or "").strip()
    code = f"ended with exit code {ended.get('exitCode')} ({ended.get('reason')})"
    return f"{code}, {said[-300:]}" if said else code


def _annotation(obj: Mapping[str, Any], name: str) -> str | None:
    value = (obj["metadata"].get("annotations") or {}).get(name)
    return None if value is None else str(value)


def _label(obj: Mapping[str, Any], name: str) -> str | None:
    value = (obj["metadata"].get("labels") or {}).get(name)
    return None if value is None else str(value)
