"""GKE's Secret Manager add-on in a cluster: the Secrets Store CSI driver, and the provider that reads for it.

Pods mount what a SecretProviderClass of the provider ``gke`` names, by the driver's name, with the identity of their
own service account in the project's workload identity pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.images import golang

DRIVER = "secrets-store-gke.csi.k8s.io"
IMAGE = "secrets-store"
NAMESPACE = "kube-system"
NAME = "secrets-store-gke"
# The upstream manifests that the driver needs, and those that it needs to look for new versions.
_KINDS = "secrets-store.csi.x-k8s.io_*.yaml"
_RIGHTS = ("rbac-secretproviderclass.yaml",)
_ROTATION_RIGHTS = ("rbac-secretproviderrotation.yaml", "rbac-secretprovidertokenrequest.yaml")
_UPSTREAM_DRIVER = "secrets-store.csi.k8s.io"
_SERVICE_ACCOUNT = "secrets-store-csi-driver"
_PLUGIN = f"/var/lib/kubelet/plugins/{DRIVER}"
_PODS = "/var/lib/kubelet/pods"
_REGISTRATION = "/var/lib/kubelet/plugins_registry"
_AUTHORITY = "/etc/google"


@dataclass(frozen=True)
class Settings:
    """The add-on's settings, from the cloud.

    ``pool`` is the workload identity pool and ``provider`` the cluster's URL in it. ``rotation`` is how often the
    driver looks for new versions; empty: never. ``endpoint`` is the template of the APIs' URLs, ``authority`` the
    PEM of who signed their certificate.
    """

    pool: str
    provider: str
    rotation: str
    endpoint: str
    authority: str


def kinds() -> str:
    """The custom resource definitions, as the driver's module has them."""
    return "\n---\n".join(path.read_text() for path in sorted(_manifests().glob(_KINDS)))


def objects(settings: Settings, image: str) -> list[dict[str, Any]]:
    """Everything else of the add-on."""
    names = _RIGHTS + (_ROTATION_RIGHTS if settings.rotation else ())
    documents = [document for name in names for document in yaml.safe_load_all((_manifests() / name).read_text())]
    return [
        *(_of_our_driver(document) for document in documents if document),
        csi_driver(settings),
        {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": NAMESPACE},
            "data": {"ca.pem": settings.authority},
        },
        daemon_set(settings, image),
    ]  # fmt: skip


def superseded(settings: Settings | None) -> list[dict[str, Any]]:
    """What the add-on may have had before and does not need now; None: it is switched off.

    The kinds stay, and with them what people wrote of them.
    """
    everything = objects(Settings("", "", rotation="1s", endpoint="", authority=""), "")
    kept = [_identity(entry) for entry in objects(settings, "")] if settings else []
    return [entry for entry in everything if _identity(entry) not in kept]


def _identity(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = entry["metadata"]
    return entry["kind"], metadata.get("namespace", ""), metadata["name"]


def csi_driver(settings: Settings) -> dict[str, Any]:
    """The driver as the kubelet knows it: it is handed the pod's token for the pool, and no other one.

    It renews mounted files by itself, so that the kubelet need not publish volumes again.
    """
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": DRIVER},
        "spec": {
            "podInfoOnMount": True,
            "attachRequired": False,
            "volumeLifecycleModes": ["Ephemeral"],
            "tokenRequests": [{"audience": settings.pool}],
        },
    }


def daemon_set(settings: Settings, image: str) -> dict[str, Any]:
    """Driver and provider on every node; on the node's network, from which the cloud is reached."""
    driver = {
        "name": "driver",
        "image": image,
        "command": ["/secrets-store-csi-driver"],
        "args": [
            f"--drivername={DRIVER}", f"--endpoint=unix://{_PLUGIN}/csi.sock", "--nodeid=$(NODE)",
            "--provider-volume=/providers", "--metrics-addr=0",
            *(["--enable-secret-rotation=true", f"--rotation-poll-interval={settings.rotation}"]
              if settings.rotation else []),
        ],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        # what mounts into the pods' folders on the node must be
        "securityContext": {"privileged": True},
        "resources": _resources("64Mi"),
        "volumeMounts": [
            _mounted("plugin", _PLUGIN), _mounted("providers", "/providers"),
            _mounted("pods", _PODS) | {"mountPropagation": "Bidirectional"},
        ],
    }  # fmt: skip
    provider = {
        "name": "provider",
        "image": image,
        "command": ["/gke-provider"],
        "args": [
            "--providers=/providers", f"--endpoint={settings.endpoint}", f"--ca-file={_AUTHORITY}/ca.pem",
            f"--pool={settings.pool}", f"--identity-provider={settings.provider}",
            f"--driver={DRIVER}", f"--driver-socket={_PLUGIN}/csi.sock", f"--plugins={_REGISTRATION}",
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        },
        "resources": _resources("32Mi"),
        "volumeMounts": [
            _mounted("plugin", _PLUGIN), _mounted("providers", "/providers"), _mounted("registration", _REGISTRATION),
            _mounted("authority", _AUTHORITY) | {"readOnly": True},
        ],
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "selector": {"matchLabels": {"k8s-app": NAME}},
            "template": {
                "metadata": {"labels": {"k8s-app": NAME}},
                "spec": {
                    "serviceAccountName": _SERVICE_ACCOUNT,
                    "hostNetwork": True,
                    "priorityClassName": "system-node-critical",
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [driver, provider],
                    "volumes": [
                        _host("plugin", _PLUGIN), _host("pods", _PODS), _host("registration", _REGISTRATION),
                        {"name": "providers", "emptyDir": {"medium": "Memory"}},
                        {"name": "authority", "configMap": {"name": NAME}},
                    ],
                },
            },
        },
    }  # fmt: skip


def _manifests() -> Path:
    return golang.module_source(golang.BY_NAME[IMAGE]) / "deploy"


def _of_our_driver(document: dict[str, Any]) -> dict[str, Any]:
    """A role that is about the driver under its usual name, made one about ours; any other object as it is."""
    rules: Iterable[Mapping[str, Any]] = document.get("rules", ())
    changed = [
        {**rule, "resourceNames": [DRIVER if name == _UPSTREAM_DRIVER else name for name in rule["resourceNames"]]}
        if "resourceNames" in rule
        else dict(rule)
        for rule in rules
    ]
    return {**document, "rules": changed} if changed else document


def _resources(memory: str) -> dict[str, Any]:
    return {"requests": {"cpu": "5m", "memory": memory}, "limits": {"memory": "192Mi"}}


def _mounted(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "mountPath": path}


def _host(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "hostPath": {"path": path, "type": "DirectoryOrCreate"}}
