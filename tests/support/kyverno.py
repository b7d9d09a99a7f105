"""Kyverno as the role ``admission`` sets it up: its layer, and its program with the rights of its account."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from testbed.images import golang
from tests.support.apiserver import ApiServer, free_ports
from tests.support.layers import Object
from tests.support.loopback_prometheus import built
from tests.support.roles import evaluated, rendered


def layer() -> list[Object]:
    """What the role applies of Kyverno itself; without its Deployment, whose pods no node would run.

    Its Service leads to loopback, at the port that its webhooks name.
    """
    return copy.deepcopy(_layer())


@functools.cache
def _layer() -> list[Object]:
    source = golang.module_source(golang.BY_NAME["kyverno"]) / "config" / "install-latest-testing.yaml"
    given = {"admission_kyverno_definitions": f"file://{source}", "admission_kyverno_replicas": 1}
    objects = evaluated("admission", "production", "__admission_kyverno", **given)
    (service,) = [obj for obj in objects if obj["kind"] == "Service"]
    service["spec"] = {"type": "ExternalName", "externalName": "localhost"}
    return [obj for obj in objects if obj["kind"] != "Deployment"]


@contextlib.contextmanager
def running(cluster: ApiServer, client: ClusterClient, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Its program until the end, once its layer is applied; its log is in the folder.

    It looks for its Deployment, whether that is rolling or going away: one without pods stands for it.
    """
    (port,) = free_ports(1)
    deployment = rendered("admission", "production", "kyverno.yml.j2")[-1]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    deployment["spec"]["replicas"] = 0
    client.create(deployment)
    here = ["--webhookServerHost=127.0.0.1", f"--webhookServerPort={port}", f"--servicePort={port}"]
    named = {item["name"]: item["value"] for item in container["env"] if "value" in item}
    config = _kubeconfig(cluster, client, folder)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [built("kyverno") / "kyverno", *container["args"], *here, f"--kubeconfig={config}"],
            env={"PATH": os.environ["PATH"], "no_proxy": "127.0.0.1", **named, "KYVERNO_POD_NAME": f"kyverno-{port}"},
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)
        client.delete("apps/v1", "Deployment", "kyverno", "kyverno")


def _kubeconfig(cluster: ApiServer, client: ClusterClient, folder: Path) -> Path:
    """Its account's own token, as the pod has it."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    path = "/api/v1/namespaces/kyverno/serviceaccounts/kyverno/token"
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"] = [{"name": "admin", "user": {"token": client.request("POST", path, asked)["status"]["token"]}}]
    config["clusters"][0]["cluster"]["certificate-authority"] = str(cluster.folder / "ca.pem")
    (folder / "kubeconfig").write_text(json.dumps(config))
    return folder / "kubeconfig"
