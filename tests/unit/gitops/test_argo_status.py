"""What an Application's status says of a commit, and how long it is waited for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.argo import synced
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.sync import Sync
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Owner
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import State
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.waiter import WaitOptions

COMMIT, OTHER = "a" * 40, "b" * 40
DECLARED = Key("apps", "Deployment", "shop", "cart")
HELD = {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop", "name": "cart"}


def application(status: str = "Synced", revision: str = COMMIT, **more: Any) -> dict[str, Any]:
    return {"status": {"sync": {"status": status, "revision": revision}, "resources": [HELD], **more}}


def operation(phase: str, revision: str = COMMIT) -> dict[str, Any]:
    refused = {**HELD, "status": "SyncFailed", "message": "spec.replicas: Invalid value: -1"}
    applied = {**HELD, "name": "other", "status": "Synced", "message": "ok"}
    result = {"revision": revision, "resources": [refused, applied]}
    return {"phase": phase, "message": "one or more objects failed", "syncResult": result}


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (application(), State.READY, ""),
        ({}, State.PENDING, "not compared yet at no commit"),
        (application("OutOfSync"), State.PENDING, f"OutOfSync at {COMMIT[:12]}"),
        (application(revision=OTHER), State.READY, ""),
        (application(resources=[HELD, {**HELD, "name": "old"}]), State.PENDING,
         "it still has Deployment shop/old"),
        (application("OutOfSync", operationState=operation("Failed")), State.FAILED,
         "Deployment shop/cart: spec.replicas: Invalid value: -1"),
        (application("OutOfSync", operationState=operation("Running")), State.PENDING,
         f"OutOfSync at {COMMIT[:12]}: Deployment shop/cart: spec.replicas: Invalid value: -1"),
        # Of a commit before ours, or one that holds another folder's change too: not given up on for it.
        (application("OutOfSync", OTHER, operationState=operation("Failed", OTHER)), State.PENDING,
         f"OutOfSync at {OTHER[:12]}: Deployment shop/cart: spec.replicas: Invalid value: -1"),
        (application("OutOfSync", operationState={**operation("Error"), "syncResult": {"revision": COMMIT}}),
         State.FAILED, "one or more objects failed"),
        (application("Unknown", "", conditions=[
            {"type": "ComparisonError", "message": "repository not found"},
            {"type": "ExcludedResourceWarning", "message": "some"}]),
         State.PENDING, "Unknown at no commit: ComparisonError: repository not found; ExcludedResourceWarning: some"),
    ],
)  # fmt: skip
def test_what_argo_says(status: dict[str, Any], state: State, said: str) -> None:
    assert synced(status, COMMIT, {DECLARED}) == (state, said)


class Cluster:
    """One Application and one object, on a clock that only sleeping moves."""

    def __init__(self, *applications: dict[str, Any] | None, applied_at: float = 0.0) -> None:
        self.applications = applications
        self.applied_at = applied_at
        self.now = 0.0
        self.patches: list[Any] = []
        self.released: list[Any] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def get(self, *_where: Any) -> dict[str, Any] | None:
        return self.applications[min(int(self.now), len(self.applications) - 1)]

    def patch(self, *given: Any) -> None:
        self.patches.append(given[-1])

    def list(self, *_where: Any, **_query: Any) -> list[dict[str, Any]]:
        return [config_map("new" if self.now >= self.applied_at else "old", managed=True)]

    def apply(self, obj: dict[str, Any]) -> None:
        self.released.append(obj)

    def wait(self, timeout: float = 10.0) -> None:
        options = WaitOptions(timeout, 1.0, clock=lambda: self.now, sleep=self.sleep)
        desired = [config_map("new")]
        Sync(self, Owner("e", "l"), ("gitops", "ping"), desired, options).wait(COMMIT)  # type: ignore[arg-type]


def config_map(mark: str, managed: bool = False) -> dict[str, Any]:
    entry = {"manager": "pingpong.platform", "operation": "Apply", "fieldsV1": {"f:data": {}}}
    metadata = {"name": "c", "namespace": "shop", "annotations": {"pingpong.platform/intent": mark}}
    more = {"managedFields": [entry]} if managed else {}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata | more}


ONE = application(resources=[{"version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "c"}])


def test_nothing_is_written_where_everything_is_applied_but_what_k8s_apply_left() -> None:
    cluster = Cluster(ONE)
    cluster.wait()
    assert cluster.patches == []
    assert cluster.released == [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}}
    ]


def test_argo_is_asked_to_look_once_and_the_objects_themselves_are_believed() -> None:
    cluster = Cluster(ONE, applied_at=3.0)
    cluster.wait()
    assert cluster.now == 3.0
    assert cluster.patches == [{"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}]


@pytest.mark.parametrize(
    ("cluster", "error", "said"),
    [
        (Cluster(None), DeadlineError, "not synced within 10 seconds: Application gitops/ping: it does not exist"),
        (Cluster(ONE, applied_at=99.0), DeadlineError, "it has not applied ConfigMap shop/c"),
        (Cluster(application("OutOfSync", operationState=operation("Running"))), DeadlineError, "Invalid value: -1"),
        (Cluster(application("OutOfSync", operationState=operation("Failed"))), PlatformError,
         "Application gitops/ping could not be synced to aaaaaaaaaaaa: Deployment shop/cart: spec.replicas"),
    ],
)  # fmt: skip
def test_it_ends_with_what_argo_says(cluster: Cluster, error: type[PlatformError], said: str) -> None:
    with pytest.raises(error, match=said):
        cluster.wait()
