"""The Secret Manager add-on's objects: who may do what, which token the driver gets, and nothing that others own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.images import golang
from testbed.nodes.addons import secret_manager
from testbed.nodes.addons.secret_manager import DRIVER, Settings

SETTINGS = Settings("p.svc.id.goog", "https://container.googleapis.com/v1/c", "120s", "https://h:1/{service}", "PEM")
RIGHTS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: %s}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get]}
- {apiGroups: [storage.k8s.io], resources: [csidrivers], resourceNames: [secrets-store.csi.k8s.io], verbs: [get]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: secrets-store-csi-driver, namespace: kube-system}
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module's manifests, in short."""
    folder = tmp_path / "deploy"
    folder.mkdir()
    for name in ("rbac-secretproviderclass", "rbac-secretproviderrotation", "rbac-secretprovidertokenrequest"):
        (folder / f"{name}.yaml").write_text(RIGHTS % name)
    (folder / "secrets-store.csi.x-k8s.io_secretproviderclasses.yaml").write_text("kind: A\n")
    (folder / "secrets-store.csi.x-k8s.io_secretproviderclasspodstatuses.yaml").write_text("kind: B\n")
    (folder / "csidriver.yaml").write_text("kind: C\n")
    monkeypatch.setattr(golang, "module_source", lambda _module: tmp_path)


def made(settings: Settings = SETTINGS) -> dict[tuple[str, str], dict[str, Any]]:
    found = secret_manager.objects(settings, "local:1")
    return {(entry["kind"], entry["metadata"]["name"]): entry for entry in found}


def containers(settings: Settings = SETTINGS) -> dict[str, dict[str, Any]]:
    pod = secret_manager.daemon_set(settings, "local:1")["spec"]["template"]["spec"]
    return {container["name"]: container for container in pod["containers"]}


def test_the_kinds_are_the_two_of_the_driver() -> None:
    assert secret_manager.kinds() == "kind: A\n\n---\nkind: B\n"


def test_the_driver_gets_a_token_for_the_pool_and_no_other() -> None:
    spec = made()["CSIDriver", DRIVER]["spec"]
    assert spec["tokenRequests"] == [{"audience": "p.svc.id.goog"}]
    assert (spec["podInfoOnMount"], spec["attachRequired"], spec["volumeLifecycleModes"]) == (
        True,
        False,
        ["Ephemeral"],
    )


def test_rights_are_about_our_driver() -> None:
    role = made()["ClusterRole", "rbac-secretproviderclass"]
    assert [rule.get("resourceNames") for rule in role["rules"]] == [None, [DRIVER]]


def test_without_rotation_there_is_no_right_to_tokens_and_secrets() -> None:
    still = replace(SETTINGS, rotation="")
    assert {name for kind, name in made(still) if kind == "ClusterRole"} == {"rbac-secretproviderclass"}
    assert len([name for kind, name in made() if kind == "ClusterRole"]) == 3
    rotating = [argument for argument in containers()["driver"]["args"] if "rotation" in argument]
    assert rotating == ["--enable-secret-rotation=true", "--rotation-poll-interval=120s"]
    assert not [argument for argument in containers(still)["driver"]["args"] if "rotation" in argument]


def test_only_what_mounts_is_privileged() -> None:
    found = containers()
    assert found["driver"]["securityContext"] == {"privileged": True}
    assert found["provider"]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not [mount for mount in found["provider"]["volumeMounts"] if "mountPropagation" in mount]


def test_what_is_mounted_is_there() -> None:
    pod = secret_manager.daemon_set(SETTINGS, "local:1")["spec"]["template"]["spec"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes
    assert pod["hostNetwork"] is True


def test_the_provider_asks_the_cloud_as_this_cluster_and_trusts_its_authority_only() -> None:
    arguments = containers()["provider"]["args"]
    assert f"--endpoint={SETTINGS.endpoint}" in arguments
    assert f"--identity-provider={SETTINGS.provider}" in arguments
    assert "--ca-file=/etc/google/ca.pem" in arguments
    assert made()["ConfigMap", "secrets-store-gke"]["data"] == {"ca.pem": "PEM"}


def test_both_speak_of_the_same_sockets() -> None:
    driver, provider = (" ".join(containers()[name]["args"]) for name in ("driver", "provider"))
    assert f"unix:///var/lib/kubelet/plugins/{DRIVER}/csi.sock" in driver
    assert f"--driver-socket=/var/lib/kubelet/plugins/{DRIVER}/csi.sock" in provider
    assert "--provider-volume=/providers" in driver
    assert "--providers=/providers" in provider


SHARED = {("CSIDriver", DRIVER), ("ConfigMap", "secrets-store-gke"), ("DaemonSet", "secrets-store-gke")}
ROTATION_RIGHTS = {("ClusterRole", f"rbac-secretprovider{name}") for name in ("rotation", "tokenrequest")}


@pytest.mark.parametrize(
    ("settings", "gone", "kept"),
    [
        (None, SHARED | ROTATION_RIGHTS | {("ServiceAccount", "secrets-store-csi-driver")}, set()),
        (replace(SETTINGS, rotation=""), ROTATION_RIGHTS, SHARED),
        (SETTINGS, set(), SHARED | ROTATION_RIGHTS),
    ],
    ids=["switched off", "without rotation", "all of it"],
)
def test_what_is_not_asked_for_any_more(
    settings: Settings | None, gone: set[tuple[str, str]], kept: set[tuple[str, str]]
) -> None:
    found = {(entry["kind"], entry["metadata"]["name"]) for entry in secret_manager.superseded(settings)}
    assert gone <= found
    assert not kept & found
