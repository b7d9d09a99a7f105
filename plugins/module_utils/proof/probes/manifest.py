# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pods that proofs run their probes in: restricted, without a token, and ended by the kubelet if we die."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PREFIX = "pingpong-probe-"
CONTAINER = "probe"
LIFETIME = 600  # seconds after which the kubelet ends a pod that nobody removed
ANNOTATION = "pingpong.platform/probe"
NO_INJECTION = {"sidecar.istio.io/inject": "false"}
# What controllers add to distinguish a pod's revision: no stand-in is of one.
REVISION_LABELS = (
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
)


@dataclass(frozen=True, slots=True)
class ProbePod:
    """One probe pod to be: where, under which labels, and the port on which it answers (None for none)."""

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    listen: int | None = None


def restricted_pod(name: str, namespace: str, image: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """A pod that every Pod Security level admits; resources are set, so that no quota or rule has a word to say."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": CONTAINER,
                    "image": image,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "64Mi"},
                        "limits": {"cpu": "1", "memory": "256Mi"},
                    },
                }
            ],
        },
    }


def manifest(
    pod: ProbePod,
    owner: Mapping[str, str],
    image: str,
    command: Sequence[str],
    control: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The object of a probe pod. ``owner`` are labels for a pod that has no labels to imitate.

    A pod that imitates a workload (``labels`` given) gets no label more, so that policies see the same pod. A readiness
    gate that nobody opens keeps it out of the workload's Services, and ``control``, the owner reference of what
    controls it, out of the workload. By its gate and its short life a mesh's admission rules know a probe, which has no
    sidecar.
    """
    manifest = restricted_pod(pod.name, pod.namespace, image, pod.labels or {**owner, **NO_INJECTION})
    manifest["metadata"]["annotations"] = {**NO_INJECTION, ANNOTATION: "true", **pod.annotations}
    if control is not None:
        manifest["metadata"]["ownerReferences"] = [dict(control)]
    spec = manifest["spec"]
    spec |= {
        "activeDeadlineSeconds": LIFETIME,
        "terminationGracePeriodSeconds": 0,
        "enableServiceLinks": False,
        "readinessGates": [{"conditionType": "pingpong.platform/never"}],
        # A name server that is kept away is given up after two seconds instead of ten.
        "dnsConfig": {"options": [{"name": "timeout", "value": "1"}, {"name": "attempts", "value": "2"}]},
    }
    listen = ["--listen", str(pod.listen)] if pod.listen else []
    container = spec["containers"][0]
    container["command"] = [*command, "--hold", str(LIFETIME), *listen]
    container["imagePullPolicy"] = "IfNotPresent"
    if pod.listen:
        container["ports"] = [{"name": "probe-http", "containerPort": pod.listen}]
    return copy.deepcopy(manifest)


def imitated(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that make a stand-in the same pod to policies, without those of a revision."""
    return {key: value for key, value in labels.items() if key not in REVISION_LABELS}


def running(pod: Mapping[str, Any]) -> bool:
    """Whether the probe's container runs: exec works from then on, ready or not."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return any("running" in (status.get("state") or {}) for status in statuses)


def terminal_state(pod: Mapping[str, Any]) -> str:
    """Why a probe pod will never run; empty while it may."""
    status = pod.get("status") or {}
    if status.get("phase") in ("Failed", "Succeeded"):
        return f"phase {status['phase']}: {status.get('message') or status.get('reason') or 'ended'}"
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in (
            "ErrImageNeverPull",
            "ImagePullBackOff",
            "InvalidImageName",
            "CreateContainerError",
        ):
            return f"{waiting['reason']}: {waiting.get('message', '')}"
    return ""
