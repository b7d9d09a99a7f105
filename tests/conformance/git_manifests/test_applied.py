"""The module whole, with a real API server and repository; what Argo CD does of its own is played here.

``tests/conformance/gitops`` has the real one, which takes minutes to build.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.argo import API_VERSION, KIND, REFRESH
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.files import TRACKING
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.git import Git, opened, parse
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.spec import GIT_MANIFESTS
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from testbed.cloud.testing import running_cloud
from tests.support.apiserver import ApiServer
from tests.support.layers import Harness, Object, config_map, definition, deployment, service

SERVED, FOLDER = "shop", "production/primary"
MANAGER = "argocd-controller"


class Argo:
    """Applies the folder and prunes, once it is asked to look, as a sync with ServerSideApply and prune does."""

    def __init__(self, client: ClusterClient, git: Git) -> None:
        self.client = client
        self.git = git
        self.held: dict[tuple[str, str, str], Object] = {}

    @contextmanager
    def following(self) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _follow(self, ended: threading.Event) -> None:
        while not ended.wait(0.1):
            application = self.client.get(API_VERSION, KIND, "ping", SERVED)
            if application and REFRESH in (application["metadata"].get("annotations") or {}):
                self._report(self._sync())

    def _sync(self) -> dict[str, Any]:
        commit = self.git.fetched() or ""
        files = self.git.files(commit, FOLDER)
        objects = [yaml.safe_load(text) for path, text in files.items() if path.endswith(".yaml")]
        wanted = {(o["apiVersion"], o["kind"], o["metadata"]["name"]): o for o in objects}
        refused = []
        for (version, kind, name), obj in wanted.items():
            try:
                self.client.apply(obj, force=True, manager=MANAGER)
            except ApiError as error:
                group = version.rpartition("/")[0]
                about = {"group": group, "kind": kind, "namespace": SERVED, "name": name}
                refused.append({**about, "status": "SyncFailed", "message": error.message})
        for version, kind, name in set(self.held) - set(wanted):
            self.client.delete(version, kind, name, SERVED)
        self.held = wanted
        resources = [
            {"group": version.rpartition("/")[0], "kind": kind, "namespace": SERVED, "name": name}
            for version, kind, name in wanted
        ]
        result = {"revision": commit, "resources": refused}
        return {
            "sync": {"status": "OutOfSync" if refused else "Synced", "revision": commit},
            "operationState": {"phase": "Failed" if refused else "Succeeded", "syncResult": result},
            "resources": resources,
        }

    def _report(self, status: dict[str, Any]) -> None:
        patch = {"metadata": {"annotations": {REFRESH: None}}, "status": status}
        self.client.patch(API_VERSION, KIND, "ping", SERVED, patch)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        yield {
            "url": f"https://127.0.0.1:{cloud.port}/git/applied.git", "branch": "main", "username": "deployer",
            "password": cloud.token, "ca_file": str(cloud.ca_file),
        }  # fmt: skip


@pytest.fixture(scope="module")
def layer(server: ApiServer) -> Iterator[Harness]:
    """The namespace, the Application, and ``k8s_apply`` for the same layer."""
    client = ClusterClient.from_connection(server.connection)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SERVED}})
    defined = definition("argoproj.io", KIND)
    (version,) = defined["spec"]["versions"]
    version["name"] = API_VERSION.rpartition("/")[2]
    version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
    Harness(server.connection, client, "definitions").apply(defined, wait=True, namespace=SERVED)
    client.create({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "ping", "namespace": SERVED}})
    yield Harness(server.connection, client, SERVED)
    client.delete("v1", "Namespace", SERVED)
    client.close()


@pytest.fixture(scope="module")
def argo(layer: Harness, repository: dict[str, str]) -> Iterator[Argo]:
    with opened("git", parse(repository)) as git:
        argo = Argo(layer.client, git)
        with argo.following():
            yield argo


def publish(layer: Harness, repository: dict[str, str], *objects: Object, **options: Any) -> dict[str, Any]:
    check_mode = options.pop("check_mode", False)
    given = {
        "connection": layer.connection, "environment_name": "tests", "layer": SERVED, "namespace": SERVED,
        "objects": list(objects), "repository": repository, "folder": FOLDER, "application": "ping",
        "application_namespace": SERVED, "wait_timeout": 120, "wait_sleep": 0.1, **options,
    }  # fmt: skip
    return run({name: spec.get("default") for name, spec in GIT_MANIFESTS.items()} | given, check_mode=check_mode)


def test_it_returns_when_everything_is_applied_pruned_and_ready(
    layer: Harness, repository: dict[str, str], argo: Argo
) -> None:
    first = publish(layer, repository, service("a"), config_map("b"), deployment("c"))
    assert first["changed"]
    assert all(layer.get(*of) for of in (("Service", "a"), ("ConfigMap", "b"), ("Deployment", "c", "apps/v1")))
    again = publish(layer, repository, service("a"), config_map("b"), deployment("c"))
    assert (again["changed"], again["commit"], again["diff"]) == (False, first["commit"], [])
    publish(layer, repository, service("a", port=81))
    assert layer.get("ConfigMap", "b") is None
    found = layer.get("Service", "a")
    assert found is not None
    assert found["spec"]["ports"][0]["port"] == 81
    publish(layer, repository, state="absent")
    assert layer.get("Service", "a") is None


def test_check_mode_says_the_same_and_does_nothing(layer: Harness, repository: dict[str, str], argo: Argo) -> None:
    told = publish(layer, repository, config_map("d"), check_mode=True)
    assert layer.get("ConfigMap", "d") is None
    done = publish(layer, repository, config_map("d"))
    assert (told["files"], told["diff"]) == (done["files"], done["diff"])


def test_what_the_api_server_refuses_is_said_by_name(layer: Harness, repository: dict[str, str], argo: Argo) -> None:
    with pytest.raises(PlatformError, match=r"Deployment shop/e: .*must be greater than or equal to 0"):
        publish(layer, repository, deployment("e", replicas=-1))


def test_without_an_application_it_ends_in_time(
    layer: Harness, repository: dict[str, str], argo: Argo, tmp_path: Path
) -> None:
    began = time.monotonic()
    with pytest.raises(DeadlineError, match=r"not synced within 2 seconds: Application shop/none: it does not exist"):
        publish(layer, repository, config_map("f"), application="none", wait_timeout=2)
    assert time.monotonic() - began < 20


def test_what_k8s_apply_applied_is_taken_over_and_back(layer: Harness, repository: dict[str, str], argo: Argo) -> None:
    old = config_map("taken", kept="1", gone="1")
    layer.apply(old)
    publish(layer, repository, old)
    found = layer.get("ConfigMap", "taken")
    assert found is not None
    assert {entry["manager"] for entry in found["metadata"]["managedFields"]} == {MANAGER}
    publish(layer, repository, config_map("taken", kept="1"))
    found = layer.get("ConfigMap", "taken")
    assert found is not None
    assert found["data"] == {"kept": "1"}
    changed = config_map("taken", kept="2")
    layer.apply(changed)
    found = layer.get("ConfigMap", "taken")
    assert found is not None
    assert found["data"] == {"kept": "2"}
    assert TRACKING not in found["metadata"]["annotations"]
    assert not layer.apply(changed)["changed"]
