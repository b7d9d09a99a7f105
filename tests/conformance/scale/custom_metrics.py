"""The role's custom metrics API on loopback: its objects on a real API server, its adapter by its account's own token.

role scaling ─ certificates, objects → API server ── APIService, verified ──► adapter ──► Prometheus
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from tests.support.apiserver import ApiServer, free_ports
from tests.support.layers import Harness
from tests.support.loopback_prometheus import built
from tests.support.plays import play
from tests.support.roles import evaluated, rendered

NAMESPACE = "scaling"
API = "/apis/custom.metrics.k8s.io/v1beta1"
Object = dict[str, Any]


@dataclass(frozen=True)
class CustomMetrics:
    """Objects that are applied, the adapter's port, the authority that it is verified by, and its log."""

    harness: Harness
    objects: Sequence[Object]
    port: int
    authority: str
    log: Path

    def service(self) -> Object:
        """The live APIService."""
        found = self.harness.client.get("apiregistration.k8s.io/v1", "APIService", "v1beta1.custom.metrics.k8s.io")
        assert found is not None
        return found

    def condition(self) -> Object:
        """Whether the API server takes it for available, and why."""
        return next(iter(self.service().get("status", {}).get("conditions") or []), {"status": "Unknown"})


@contextlib.contextmanager
def serving(
    cluster: ApiServer, client: ClusterClient, folder: Path, prometheus: str, instances: Sequence[Object]
) -> Iterator[CustomMetrics]:
    """Apply what the role applies and run its adapter until the end."""
    (port,) = free_ports(1)
    changes: Object = {"ping_instances": list(instances), "ping_scaling": "requests", "scaling_prometheus": prometheus}
    authority = _issue(cluster, folder)
    access = rendered("scaling", "local", "access.yml.j2", **changes)
    objects = rendered("scaling", "local", "adapter.yml.j2", __scaling_authority=authority, **changes)
    by_kind = {obj["kind"]: obj for obj in objects}
    # No node has its pod: the Service leads to loopback.
    by_kind["APIService"]["spec"]["service"]["port"] = port
    by_kind["Service"]["spec"] = {"type": "ExternalName", "externalName": "localhost"}
    (container,) = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
    applied = [*access, *(obj for kind, obj in by_kind.items() if kind != "Deployment")]
    harness = Harness(cluster.connection, client, NAMESPACE)
    harness.apply(*applied)
    (folder / "config.yaml").write_text(by_kind["ConfigMap"]["data"]["config.yaml"])
    config = _kubeconfig(cluster, client, folder)
    places = {"/etc/adapter/": f"{folder}/", "/etc/serving/": f"{folder}/", "port=9443": f"port={port}"}
    arguments = [_placed(word, places) for word in container["args"]]
    arguments += [f"--{use}-kubeconfig={config}" for use in ("lister", "authentication", "authorization")]
    with (folder / "adapter.log").open("wb") as log:
        process = subprocess.Popen(
            [built("prometheus-adapter") / "adapter", *arguments, "--bind-address=127.0.0.1"],
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        yield CustomMetrics(harness, applied, port, authority, folder / "adapter.log")
    finally:
        process.kill()
        process.wait()


def _issue(cluster: ApiServer, folder: Path) -> str:
    """The role's certificates, by its own module: the authority, and the adapter's in the folder as a pod mounts it."""
    made = {"certificates": evaluated("scaling", "local", "__scaling_certificates"), "connection": cluster.connection}
    kept = {"dest": f"{folder}/authority.pem", "content": "{{ made.certificates[0].trusted }}", "mode": "0600"}
    done = play(
        folder,
        [{"pingpong.platform.certificate": made, "register": "made"}, {"ansible.builtin.copy": kept}],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with contextlib.closing(ClusterClient.from_connection(cluster.connection)) as client:
        secret = client.get("v1", "Secret", "prometheus-adapter", NAMESPACE)
    assert secret is not None
    for name in ("tls.crt", "tls.key"):
        (folder / name).touch(0o600)
        (folder / name).write_bytes(base64.b64decode(secret["data"][name]))
    return (folder / "authority.pem").read_text()


def _kubeconfig(cluster: ApiServer, client: ClusterClient, folder: Path) -> Path:
    """By the token of the adapter's service account, as its pod has one."""
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"] = [{"name": "admin", "user": {"token": token(client, "prometheus-adapter")}}]
    config["clusters"][0]["cluster"]["certificate-authority"] = str(cluster.folder / "ca.pem")
    (folder / "kubeconfig").touch(0o600)
    (folder / "kubeconfig").write_text(json.dumps(config))
    return folder / "kubeconfig"


def token(client: ClusterClient, account: str) -> str:
    """A token of a service account of the adapter's namespace."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
    return str(client.request("POST", path, asked)["status"]["token"])


def _placed(word: str, places: dict[str, str]) -> str:
    for place, other in places.items():
        word = word.replace(place, other)
    return word
