"""Two small workloads in the mesh, in namespaces of their own, for tests that plant leaks and look for them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.meshed import authorization, make_namespace, mtls_check, workload

CALLER, TARGET, OUTSIDE = "proof-caller", "proof-target", "proof-outside"
WORKLOAD = {CALLER: "web", TARGET: "api"}
READY_TIMEOUT = 180.0
PUSHED = 6.0  # seconds for a policy to reach the proxies, usually
PEER_AUTHENTICATION = ("security.istio.io/v1", "PeerAuthentication")
Object = dict[str, Any]


class Meshed:
    """The workloads, and ``mtls_check`` over them."""

    def __init__(self, client: ClusterClient, connection: Object, cluster: str, images: dict[str, str]) -> None:
        self.client = client
        self.connection = connection
        self.cluster = cluster
        self.images = images

    @property
    def image(self) -> str:
        return self.images["ping"]

    def start(self) -> None:
        for namespace in (CALLER, TARGET, OUTSIDE):
            self._await_removal(namespace)
            make_namespace(self.client, namespace, meshed=namespace != OUTSIDE)
        for namespace in (CALLER, TARGET):
            self.deploy(namespace)
            self.strict(namespace)
            self.client.apply(authorization(namespace), force=True)
        for namespace in (CALLER, TARGET):
            self.ready(namespace)

    def stop(self) -> None:
        for namespace in (CALLER, TARGET, OUTSIDE):
            self.client.delete("v1", "Namespace", namespace)

    def deploy(self, namespace: str, **changes: Any) -> None:
        """The namespace's workload; ``annotations``, ``labels`` of the pod and the ``command`` may differ."""
        for obj in workload(WORKLOAD[namespace], namespace, self.image, **changes):
            self.client.apply(obj, force=True)

    def ready(self, namespace: str) -> None:
        """Wait until the newest pod, and only that, is there and ready."""
        self._await(namespace, WORKLOAD[namespace])

    def _await(self, namespace: str, name: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < deadline:
            deployment = self.client.get("apps/v1", "Deployment", name, namespace) or {}
            status = deployment.get("status") or {}
            current = status.get("observedGeneration") == deployment.get("metadata", {}).get("generation")
            if current and status.get("updatedReplicas") == status.get("readyReplicas") == status.get("replicas") == 1:
                return
            time.sleep(1)
        raise AssertionError(f"{namespace}/{name} did not become ready")

    def _await_removal(self, namespace: str) -> None:
        """Wait while an earlier run's namespace is on its way: nothing can be made in it."""
        deadline = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < deadline:
            found = self.client.get("v1", "Namespace", namespace)
            if found is None or not found["metadata"].get("deletionTimestamp"):
                return
            time.sleep(1)
        raise AssertionError(f"namespace {namespace}: its removal did not end")

    def _await_gone(self, namespace: str, name: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < deadline:
            if not self.client.list("v1", "Pod", namespace, label_selector=f"app={name}"):
                return
            time.sleep(1)
        raise AssertionError(f"{namespace}/{name}: its pods did not go")

    def pod(self, namespace: str) -> str:
        return next(iter(self.pods(namespace)))

    def pods(self, namespace: str) -> dict[str, bool]:
        """Whether each of the workload's pods that stay is ready, by name."""
        pods = self.client.list("v1", "Pod", namespace, label_selector=f"app={WORKLOAD[namespace]}")
        return {
            pod["metadata"]["name"]: ("Ready", "True")
            in [(condition["type"], condition["status"]) for condition in pod["status"].get("conditions", ())]
            for pod in pods
            if not pod["metadata"].get("deletionTimestamp")
        }

    def restart(self, namespace: str) -> None:
        """Another pod in the place of the workload's own, ready: the Deployment's status is late to tell."""
        old = self.pod(namespace)
        self.client.delete("v1", "Pod", old, namespace)
        deadline = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < deadline:
            found = self.pods(namespace)
            if old not in found and list(found.values()) == [True]:
                return
            time.sleep(1)
        raise AssertionError(f"{namespace}/{WORKLOAD[namespace]}: no pod took the place of {old}")

    def strict(self, namespace: str) -> None:
        self.policy(namespace, {"mtls": {"mode": "STRICT"}})

    def policy(self, namespace: str, spec: Object, name: str = "default") -> None:
        metadata = {"name": name, "namespace": namespace}
        api, kind = PEER_AUTHENTICATION
        found = self.client.get(api, kind, name, namespace)
        body: Object = {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
        if found is None:
            self.client.create(body)
        else:
            metadata["resourceVersion"] = found["metadata"]["resourceVersion"]
            self.client.replace(body)

    @contextmanager
    def redeployed(self, namespace: str, **changes: Any) -> Iterator[None]:
        """The workload with changes for the length of the block."""
        self.deploy(namespace, **changes)
        try:
            self.ready(namespace)
            yield
        finally:
            self.deploy(namespace)
            self.ready(namespace)

    @contextmanager
    def beside(self, objects: Sequence[Object], *, wait: bool = True) -> Iterator[None]:
        """Objects for the length of the block; ``wait`` for the Deployments among them."""
        try:
            for obj in objects:
                self.client.apply(obj, force=True)
            for obj in objects:
                if wait and obj["kind"] == "Deployment":
                    self._await(obj["metadata"]["namespace"], obj["metadata"]["name"])
            yield
        finally:
            for obj in reversed(objects):
                metadata = obj["metadata"]
                self.client.delete(obj["apiVersion"], obj["kind"], metadata["name"], metadata["namespace"])
            for obj in objects:
                if obj["kind"] == "Deployment":
                    self._await_gone(obj["metadata"]["namespace"], obj["metadata"]["name"])

    def check(self, **changes: Any) -> Object:
        """``mtls_check`` over both workloads, without failing."""
        options = {"probe_namespace": OUTSIDE, **changes}
        return mtls_check(self.connection, self.cluster, self.image, [CALLER, TARGET], **options)


def cells(result: Object, *verdicts: str) -> set[tuple[str, str, str]]:
    """Target, case and verdict of the cells with one of the verdicts."""
    return {(c["target"], c["case"], c["verdict"]) for c in result["cells"] if c["verdict"] in verdicts}


@contextmanager
def policy(mesh: Meshed, spec: dict[str, Any], name: str = "default") -> Iterator[None]:
    """A PeerAuthentication of the target's namespace, back to STRICT afterwards, in pods without old connections."""
    mesh.policy(TARGET, spec, name)
    try:
        time.sleep(PUSHED)
        yield
    finally:
        if name != "default":
            mesh.client.delete(*PEER_AUTHENTICATION, name, TARGET)
        mesh.strict(TARGET)
        for namespace in (CALLER, TARGET):
            mesh.restart(namespace)
