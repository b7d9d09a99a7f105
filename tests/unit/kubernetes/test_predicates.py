from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import State
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.predicates import readiness
from hypothesis import given, settings
from hypothesis import strategies as st

READY, PENDING, FAILED = State.READY, State.PENDING, State.FAILED


def obj(
    api_version: str, kind: str, status: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **meta: Any
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "n", "generation": 2, **meta},
        "spec": spec or {},
    }
    return made if status is None else {**made, "status": status}


def conditions(**states: str) -> dict[str, Any]:
    """``Ready="False:Reason:message"`` as a status."""
    items = []
    for name, text in states.items():
        status, reason, message = (text + "::").split(":")[:3]
        items.append({"type": name, "status": status, "reason": reason, "message": message})
    return {"conditions": items}


def deployment(want: int = 2, *, paused: bool = False, **status: Any) -> dict[str, Any]:
    spec = {"replicas": want} | ({"paused": True} if paused else {})
    return obj("apps/v1", "Deployment", {"observedGeneration": 2, **status}, spec)


STEPS = [{"setWeight": 10}, {"pause": {}}, {"pause": {"duration": "60s"}}]


def rollout(phase: str, step: int = 0, *reasons: str, paused: bool = False, **status: Any) -> dict[str, Any]:
    spec = {"strategy": {"canary": {"steps": STEPS}}} | ({"paused": True} if paused else {})
    pauses = {"pauseConditions": [{"reason": reason} for reason in reasons]}
    # The controller writes the generation as text.
    return obj(
        "argoproj.io/v1alpha1",
        "Rollout",
        {"observedGeneration": "2", "phase": phase, "currentStepIndex": step, **pauses, **status},
        spec,
    )


def thing(api_version: str = "example.org/v1", kind: str = "Thing", **states: tuple[str, int]) -> dict[str, Any]:
    """``Ready=("True", 1)``: a condition that is about generation 1; the object is at 2."""
    items = [
        {"type": name, "status": status, "reason": "Invalid", "observedGeneration": generation}
        for name, (status, generation) in states.items()
    ]
    return obj(api_version, kind, {"conditions": items})


def shaped(found: Any) -> dict[str, Any]:
    return obj("example.org/v1", "Thing", {"conditions": found})


ALL_UP = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}

CASES: dict[str, tuple[dict[str, Any], State, str]] = {
    "Rollout: promoted": (rollout("Healthy", 3), READY, ""),
    "Rollout: an older generation was observed": (rollout("Healthy", 3, observedGeneration="1"), PENDING, "generation"),
    "Rollout: no status yet": (rollout("", 0), PENDING, "Progressing, step 0 of 3"),
    "Rollout: on its way": (rollout("Progressing", 1, message="more replicas"), PENDING, "step 1 of 3: more replicas"),
    "Rollout: aborted": (rollout("Degraded", message="RolloutAborted: metric failed"), FAILED, "metric failed"),
    "Rollout: names what is not there yet": (
        rollout("Degraded", message="InvalidSpec: spec.strategy.canary: VirtualService not found"),
        PENDING,
        "VirtualService not found",
    ),
    "Rollout: a person is to promote it": (rollout("Paused", 1, "CanaryPauseStep"), READY, ""),
    "Rollout: a pause that ends": (rollout("Paused", 2, "CanaryPauseStep"), PENDING, "Paused, step 2 of 3"),
    "Rollout: its analysis could not decide": (rollout("Paused", 0, "InconclusiveAnalysisRun"), READY, ""),
    "Rollout: paused by a person": (rollout("Paused", 0, paused=True), READY, ""),
    "Deployment: up": (deployment(**ALL_UP), READY, ""),
    "Deployment: no replicas": (deployment(0), READY, ""),
    "Deployment: an older generation was observed": (deployment(**ALL_UP, observedGeneration=1), PENDING, "generation"),
    "Deployment: not all updated": (deployment(**ALL_UP | {"updatedReplicas": 1}), PENDING, "1 of 2 replicas are upd"),
    "Deployment: old ones run": (deployment(**ALL_UP | {"replicas": 3}), PENDING, "1 old replicas"),
    "Deployment: not available": (deployment(**ALL_UP | {"availableReplicas": 0}), PENDING, "0 of 2 replicas are av"),
    "Deployment: quota": (
        deployment(**conditions(ReplicaFailure="True:FailedCreate:exceeded quota")),
        PENDING,
        "exceeded quota",
    ),
    "Deployment: gave up": (
        deployment(**ALL_UP, **conditions(Progressing="False:ProgressDeadlineExceeded:timed out")),
        FAILED,
        "timed out",
    ),
    "Deployment: gave up on the generation before": (
        deployment(observedGeneration=1, **conditions(Progressing="False:ProgressDeadlineExceeded:timed out")),
        PENDING,
        "generation",
    ),
    "Deployment: no status yet": (obj("apps/v1", "Deployment"), PENDING, "generation"),
    "ReplicaSet: up": (
        obj("apps/v1", "ReplicaSet", {"observedGeneration": 2, "replicas": 2, "availableReplicas": 2}, {"replicas": 2}),
        READY,
        "",
    ),
    "ReplicaSet: not available": (
        obj("apps/v1", "ReplicaSet", {"observedGeneration": 2, "replicas": 2}, {"replicas": 2}),
        PENDING,
        "0 of 2 replicas are available",
    ),
    "ReplicaSet: quota": (
        obj(
            "apps/v1",
            "ReplicaSet",
            {"observedGeneration": 2, **conditions(ReplicaFailure="True:FailedCreate:exceeded quota")},
        ),
        PENDING,
        "exceeded quota",
    ),
    "ReplicaSet: too many": (
        obj("apps/v1", "ReplicaSet", {"observedGeneration": 2, "replicas": 3, "availableReplicas": 3}),
        PENDING,
        "2 replicas too many",
    ),
    "ReplicationController: not available": (
        obj("v1", "ReplicationController", {"observedGeneration": 2, "replicas": 1}),
        PENDING,
        "0 of 1 replicas",
    ),
    "StatefulSet: up": (
        obj("apps/v1", "StatefulSet", {"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1}),
        READY,
        "",
    ),
    "StatefulSet: rolling": (
        obj(
            "apps/v1",
            "StatefulSet",
            {
                "observedGeneration": 2,
                "availableReplicas": 3,
                "updatedReplicas": 1,
                "currentRevision": "a",
                "updateRevision": "b",
            },
            {"replicas": 3},
        ),
        PENDING,
        "1 of 3 replicas are updated",
    ),
    "StatefulSet: rolled to its partition": (
        obj(
            "apps/v1",
            "StatefulSet",
            {
                "observedGeneration": 2,
                "availableReplicas": 3,
                "updatedReplicas": 1,
                "currentRevision": "a",
                "updateRevision": "b",
            },
            {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
        ),
        READY,
        "",
    ),
    "DaemonSet: up": (
        obj(
            "apps/v1",
            "DaemonSet",
            {
                "observedGeneration": 2,
                "desiredNumberScheduled": 3,
                "updatedNumberScheduled": 3,
                "numberAvailable": 3,
            },
        ),
        READY,
        "",
    ),
    "DaemonSet: rolling": (
        obj(
            "apps/v1",
            "DaemonSet",
            {
                "observedGeneration": 2,
                "desiredNumberScheduled": 3,
                "updatedNumberScheduled": 1,
                "numberAvailable": 3,
            },
        ),
        PENDING,
        "1 of 3 pods are updated",
    ),
    "Job: complete": (obj("batch/v1", "Job", conditions(Complete="True")), READY, ""),
    "Job: failed": (
        obj("batch/v1", "Job", conditions(Failed="True:BackoffLimitExceeded:too many")),
        FAILED,
        "too many",
    ),
    "Job: running": (obj("batch/v1", "Job", {"active": 1}), PENDING, "1 active"),
    "Job: suspended": (obj("batch/v1", "Job", {}, {"suspend": True}), READY, ""),
    "Pod: ready": (obj("v1", "Pod", {"phase": "Running", **conditions(Ready="True")}), READY, ""),
    "Pod: done": (obj("v1", "Pod", {"phase": "Succeeded"}), READY, ""),
    "Pod: failed": (obj("v1", "Pod", {"phase": "Failed", "reason": "Evicted"}), FAILED, "Evicted"),
    "Pod: unschedulable": (
        obj("v1", "Pod", {"phase": "Pending", **conditions(PodScheduled="False:Unschedulable:no nodes")}),
        PENDING,
        "no nodes",
    ),
    "Service: within the cluster": (obj("v1", "Service", {}, {"type": "ClusterIP"}), READY, ""),
    "Service: no address yet": (obj("v1", "Service", {"loadBalancer": {}}, {"type": "LoadBalancer"}), PENDING, "addr"),
    "Service: an address": (
        obj("v1", "Service", {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}, {"type": "LoadBalancer"}),
        READY,
        "",
    ),
    "PersistentVolumeClaim: bound": (obj("v1", "PersistentVolumeClaim", {"phase": "Bound"}), READY, ""),
    "PersistentVolumeClaim: pending": (obj("v1", "PersistentVolumeClaim", {"phase": "Pending"}), PENDING, "Pending"),
    "PersistentVolumeClaim: lost": (obj("v1", "PersistentVolumeClaim", {"phase": "Lost"}), FAILED, "lost"),
    "CustomResourceDefinition: established": (
        obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", conditions(Established="True")),
        READY,
        "",
    ),
    "CustomResourceDefinition: new": (
        obj("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        PENDING,
        "no condition Established",
    ),
    "CustomResourceDefinition: names are taken": (
        obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", conditions(NamesAccepted="False:X:in use")),
        FAILED,
        "in use",
    ),
    "APIService: no endpoints": (
        obj("apiregistration.k8s.io/v1", "APIService", conditions(Available="False:MissingEndpoints")),
        PENDING,
        "MissingEndpoints",
    ),
    "Namespace: active": (obj("v1", "Namespace", {"phase": "Active"}), READY, ""),
    "Namespace: going": (obj("v1", "Namespace", {"phase": "Terminating"}), PENDING, "Terminating"),
    "Gateway: programmed": (
        obj("gateway.networking.k8s.io/v1", "Gateway", conditions(Programmed="True")),
        READY,
        "",
    ),
    "Gateway: invalid, and tried again": (
        obj("gateway.networking.k8s.io/v1", "Gateway", conditions(Programmed="False:Invalid:no listener")),
        PENDING,
        "no listener",
    ),
    "HTTPRoute: nobody took it": (obj("gateway.networking.k8s.io/v1", "HTTPRoute"), PENDING, "no gateway"),
    "HTTPRoute: a reference is missing": (
        obj(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            {"parents": [conditions(Accepted="True", ResolvedRefs="False:BackendNotFound:no such service")]},
        ),
        PENDING,
        "no such service",
    ),
    "Certificate: not seen yet": (obj("cert-manager.io/v1", "Certificate"), PENDING, "no condition Ready yet"),
    "Certificate: a temporary one": (
        obj("cert-manager.io/v1", "Certificate", conditions(Ready="True", Issuing="True:DoesNotExist:Issuing")),
        PENDING,
        "Issuing is True, DoesNotExist",
    ),
    "Certificate: a temporary one, and its order failed": (
        obj("cert-manager.io/v1", "Certificate", conditions(Ready="True", Issuing="False:Failed:the order is invalid")),
        PENDING,
        "the order is invalid",
    ),
    "Certificate: issued": (
        obj("cert-manager.io/v1", "Certificate", {**conditions(Ready="True"), "revision": 1}),
        READY,
        "",
    ),
    "ClusterIssuer: not seen yet": (obj("cert-manager.io/v1", "ClusterIssuer"), PENDING, "no condition Ready yet"),
    "ValidatingPolicy: not seen yet": (obj("policies.kyverno.io/v1", "ValidatingPolicy"), PENDING, "does not know it"),
    "ValidatingPolicy: ready, and its webhook does not know it": (
        obj("policies.kyverno.io/v1", "ValidatingPolicy", {"conditionStatus": {"ready": True}}),
        PENDING,
        "does not know it",
    ),
    "ValidatingPolicy: not in the webhook": (
        obj(
            "policies.kyverno.io/v1",
            "ValidatingPolicy",
            {"conditionStatus": {"ready": False, **conditions(WebhookConfigured="False:Failed:not configured")}},
        ),
        PENDING,
        "WebhookConfigured is False, Failed: not configured",
    ),
    "ValidatingPolicy: ready": (
        obj(
            "policies.kyverno.io/v1",
            "ValidatingPolicy",
            {"conditionStatus": {"ready": True, **conditions(WebhookConfigured="True")}},
        ),
        READY,
        "",
    ),
    "by convention: no status": (obj("security.istio.io/v1", "PeerAuthentication"), READY, ""),
    "by convention: not observed": (
        obj("networking.istio.io/v1", "Gateway", {"observedGeneration": "1"}),
        PENDING,
        "generation",
    ),
    "by convention: not ready": (
        obj("example.org/v1", "Thing", {"observedGeneration": 2, **conditions(Ready="False:Waiting:for x")}),
        PENDING,
        "for x",
    ),
    "by convention: stalled": (obj("example.org/v1", "Thing", conditions(Stalled="True:No:never")), FAILED, "never"),
    "by convention: istiod objects": (
        obj(
            "networking.istio.io/v1",
            "VirtualService",
            {"validationMessages": [{"level": "ERROR", "type": {"code": "IST0101"}}]},
        ),
        FAILED,
        "IST0101",
    ),
    "Deployment: paused": (deployment(paused=True), READY, ""),
    "Job: no pods at a time": (obj("batch/v1", "Job", {}, {"parallelism": 0}), READY, ""),
    "CronJob: suspended": (obj("batch/v1", "CronJob", {}, {"suspend": True}), READY, ""),
    "Service: nobody took it up": (
        obj("v1", "Service", {"loadBalancer": {}}, {"type": "LoadBalancer"}),
        PENDING,
        "no controller has taken it up",
    ),
    "a condition of an older generation": (thing(Ready=("True", 1)), PENDING, "generation"),
    "a condition of this generation": (thing(Ready=("True", 2)), READY, ""),
    "a failure of an older generation": (thing(Stalled=("True", 1)), READY, ""),
    "the status of an older generation": (
        obj("example.org/v1", "Thing", {"observedGeneration": 1, **conditions(Ready="True")}),
        PENDING,
        "generation",
    ),
    "Gateway: programmed for an older generation": (
        thing("gateway.networking.k8s.io/v1", "Gateway", Programmed=("True", 1)),
        PENDING,
        "generation",
    ),
    "Gateway: invalid for an older generation": (
        thing("gateway.networking.k8s.io/v1", "Gateway", Programmed=("False", 1)),
        PENDING,
        "generation",
    ),
    "HTTPRoute: accepted for an older generation": (
        obj(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            {"parents": [thing(Accepted=("True", 1), ResolvedRefs=("True", 2))["status"]]},
        ),
        PENDING,
        "generation",
    ),
    "what is suspended": (
        obj("kustomize.toolkit.fluxcd.io/v1", "Kustomization", conditions(Ready="False"), {"suspend": True}),
        READY,
        "",
    ),
    "conditions as a map": (shaped({"Ready": {"status": "True"}}), READY, ""),
    "conditions as a map, not ready": (
        shaped({"Ready": {"status": "False", "reason": "Waiting", "message": "for x"}}),
        PENDING,
        "Ready is False, Waiting: for x",
    ),
    "conditions as a map of an older generation": (
        shaped({"Ready": {"status": "True", "observedGeneration": 1}}),
        PENDING,
        "generation",
    ),
    "conditions as words by type": (shaped({"Ready": "False"}), PENDING, "Ready is False"),
    "conditions as booleans by type": (shaped({"Ready": True}), READY, ""),
    "a status in lower case": (shaped([{"type": "Ready", "status": "true"}]), READY, ""),
    "a status as a boolean": (shaped([{"type": "Ready", "status": False}]), PENDING, "Ready is False"),
    "conditions as a list of words": (shaped(["Ready"]), PENDING, "status.conditions are a list of other things"),
    "conditions as a word": (shaped("Ready"), PENDING, "status.conditions are str"),
    "conditions as a list of lists": (shaped([["Ready", "True"]]), PENDING, "expected dicts"),
    "words among conditions": (shaped(["x", {"type": "Ready", "status": "False"}]), PENDING, "Ready is False"),
    "conditions without a type": (shaped([{"status": "True"}]), PENDING, "expected dicts with type"),
    "no conditions": (shaped(None), READY, ""),
    "a status that is a word": (obj("example.org/v1", "Thing") | {"status": "Running"}, READY, ""),
    "a status that is a list": (obj("example.org/v1", "Thing") | {"status": ["Running"]}, READY, ""),
    "a spec that is a word": (obj("example.org/v1", "Thing") | {"spec": "x"}, READY, ""),
    "messages that are words": (obj("example.org/v1", "Thing", {"validationMessages": ["x"]}), READY, ""),
    "a generation that is a word": (obj("example.org/v1", "Thing", {"observedGeneration": "new"}), READY, ""),
    "a CustomResourceDefinition with conditions as words": (
        obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"conditions": ["Established"]}),
        PENDING,
        "no condition Established",
    ),
    "a route with parents as words": (
        obj("gateway.networking.k8s.io/v1", "HTTPRoute", {"parents": ["x"]}),
        PENDING,
        "no gateway",
    ),
    "anything: being deleted": (
        obj("v1", "ConfigMap", deletionTimestamp="2026-01-01T00:00:00Z"),
        PENDING,
        "being deleted",
    ),
    "nothing to wait for": (obj("v1", "ConfigMap"), READY, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_readiness(case: str) -> None:
    live, state, message = CASES[case]
    said = readiness(live)
    assert said.state is state, said
    assert message in said.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["Ready", "True", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["conditions", "type", "status", "Ready", "observedGeneration", "parents", "validationMessages"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
KINDS = [
    ("example.org/v1", "Thing"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("apps/v1", "Deployment"),
    ("v1", "Pod"),
]


@settings(deadline=None)
@given(st.sampled_from(KINDS), JSON)
def test_any_status_is_judged(kind: tuple[str, str], status: Any) -> None:
    said = readiness(obj(*kind) | {"status": status})
    assert said.state is READY or said.message
