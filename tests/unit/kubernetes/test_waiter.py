"""Waiting: what is read, when it fails at once, and what its errors say. On a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    Key,
    ListScope,
    key_of,
    list_scope_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import (
    NotReady,
    Waiter,
    WaitOptions,
)

Object = dict[str, Any]


class Cluster:
    """Objects as functions of the time, and a clock that only sleeping moves."""

    def __init__(self, *objects: Callable[[float], Object | None], pods: Callable[[float], list[Object]] | None = None):
        self.now = 0.0
        self.lists = 0
        self._objects = objects
        self._pods = pods or (lambda now: [])

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def list_scopes(self, scopes: Iterable[ListScope]) -> dict[Key, Object]:
        listed = set(scopes)
        self.lists += len(listed)
        live = [obj for make in self._objects if (obj := make(self.now)) is not None]
        return {key_of(obj): obj for obj in live if list_scope_of(obj) in listed}

    def list(self, api_version: str, kind: str, namespace: str, *, label_selector: str) -> list[Object]:
        """The client's verb, as the waiter looks at pods and replica sets."""
        assert (namespace, label_selector) == ("n", "app=d")
        return self._pods(self.now) if kind == "Pod" else [replica_set("old", "1"), replica_set("new", "2")]

    def waiter(self, timeout: float = 60.0) -> Waiter:
        options = WaitOptions(timeout, 1.0, clock=lambda: self.now, sleep=self.sleep)
        return Waiter(self, self.list_scopes, options)  # type: ignore[arg-type]

    def keys(self) -> dict[Key, ListScope]:
        live = [obj for make in self._objects if (obj := make(0.0)) is not None]
        return {key_of(obj): list_scope_of(obj) for obj in live}


def deployment(ready_at: float) -> Callable[[float], Object]:
    def at(now: float) -> Object:
        up = int(now >= ready_at)
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "d",
                "namespace": "n",
                "generation": 1,
                "annotations": {"deployment.kubernetes.io/revision": "2"},
            },
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "d"}}},
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": up},
        }

    return at


def replica_set(template: str, revision: str) -> Object:
    return {
        "kind": "ReplicaSet",
        "metadata": {
            "labels": {"pod-template-hash": template},
            "annotations": {"deployment.kubernetes.io/revision": revision},
        },
    }


def pod(reason: str, *, template: str = "new", restarts: int = 5, last: str = "") -> Object:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "message": last}} if last else {}
    return {
        "metadata": {"name": f"d-{template}-1", "labels": {"pod-template-hash": template}},
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "Ready", "status": "False", "message": "containers with unready status: [app]"}],
            "containerStatuses": [
                {
                    "name": "app",
                    "restartCount": restarts,
                    "state": {"waiting": {"reason": reason, "message": "as the kubelet puts it"}},
                    "lastState": ended,
                }
            ],
        },
    }


def test_what_is_known_to_be_ready_is_not_read_again() -> None:
    cluster = Cluster(deployment(0))
    known = cluster.list_scopes(cluster.keys().values())
    cluster.lists = 0
    cluster.waiter().until_ready(cluster.keys(), known)
    assert cluster.lists == 0


def test_it_ends_when_the_object_is_ready() -> None:
    cluster = Cluster(deployment(7))
    cluster.waiter().until_ready(cluster.keys(), {})
    assert cluster.now == 7


TERMINAL: dict[str, tuple[Object, float, str]] = {
    "crashes again and again": (
        pod("CrashLoopBackOff", last="no such database"),
        3,
        "CrashLoopBackOff: ended with exit code 1 (Error), no such database",
    ),
    "no image, after a while": (pod("ImagePullBackOff"), 20, "ImagePullBackOff: as the kubelet puts it"),
    "a missing Secret, after a while": (pod("CreateContainerConfigError"), 20, "CreateContainerConfigError"),
    "an impossible image": (pod("InvalidImageName"), 3, "InvalidImageName"),
}


@pytest.mark.parametrize("case", TERMINAL)
def test_it_fails_early_with_the_pod_and_its_last_words(case: str) -> None:
    stuck, within, words = TERMINAL[case]
    cluster = Cluster(deployment(1000), pods=lambda now: [stuck])
    with pytest.raises(NotReady) as caught:
        cluster.waiter().until_ready(cluster.keys(), {})
    assert words in str(caught.value)
    assert "Deployment n/d cannot become ready: pod d-new-1, container app" in str(caught.value)
    assert cluster.now <= within


HARMLESS: dict[str, Callable[[float], list[Object]]] = {
    "the old revision crashes": lambda now: [pod("CrashLoopBackOff", template="old")],
    "the first crashes": lambda now: [pod("CrashLoopBackOff", restarts=2)],
    "an image that comes in time": lambda now: [pod("ImagePullBackOff")] if now < 10 else [],
    "a container that is being made": lambda now: [pod("ContainerCreating")],
}


@pytest.mark.parametrize("case", HARMLESS)
def test_it_goes_on_waiting(case: str) -> None:
    cluster = Cluster(deployment(40), pods=HARMLESS[case])
    cluster.waiter().until_ready(cluster.keys(), {})
    assert cluster.now == 40


def test_a_failed_object_ends_the_wait() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "n"},
        "spec": {},
        "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]},
    }
    cluster = Cluster(lambda now: job)
    with pytest.raises(NotReady, match="Job n/j failed: DeadlineExceeded"):
        cluster.waiter().until_ready(cluster.keys(), {})
    assert cluster.now <= 1


def test_the_deadline_names_the_last_status_of_everything_that_is_not_ready() -> None:
    cluster = Cluster(deployment(1000), pods=lambda now: [pod("ContainerCreating")])
    with pytest.raises(DeadlineError) as caught:
        cluster.waiter(30).until_ready(cluster.keys(), {})
    assert "not ready within 30 seconds: Deployment n/d: 0 of 1 replicas are available" in str(caught.value)
    assert "pod d-new-1: containers with unready status: [app] (app: ContainerCreating)" in str(caught.value)
    assert cluster.now == 30


def test_gone() -> None:
    cluster = Cluster(lambda now: deployment(0)(now) if now < 3 else None)
    cluster.waiter().until_deleted(cluster.keys())
    assert 3 <= cluster.now < 5


def test_what_does_not_go_is_named_with_what_holds_it() -> None:
    held = deployment(0)(0.0)
    held["metadata"] |= {"finalizers": ["example.org/hold"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
    cluster = Cluster(lambda now: held)
    with pytest.raises(
        DeadlineError, match=r"not deleted within 5 seconds: Deployment n/d: finalizers example\.org/hold"
    ):
        cluster.waiter(5).until_deleted(cluster.keys())
