"""Drift on the running platform: what is planted is named by cell within one run, and what is left alone is green.

Each plant is taken back whatever happens.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import MERGE_PATCH, ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell

from tests.support.local_platform import STATE, client_of
from tests.support.plays import reported

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1800)]

Object = dict[str, Any]
CLUSTER = os.environ.get("PINGPONG_NEGATIVE_CLUSTER", "secondary")
CLOUD = f"https://127.0.0.1:{os.environ.get('PINGPONG_CLOUD_PORT') or 18443}"
PROJECT = "pingpong-local"
RBAC = "rbac.authorization.k8s.io/v1"
SETTLED = 300.0  # seconds for a rollout on a busy machine


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    with client_of(CLUSTER) as found:
        yield found


def drift(folder: Path, *options: str) -> tuple[int, str, list[Cell]]:
    """Run the playbook that runs every night, against one cluster: exit code, output, cells."""
    book = ("playbooks/drift.yml", "-i", "inventories/local", "--limit", CLUSTER)
    return reported(*book, "-e", f"verify_report_path={folder}", *options, folder=folder)


def obj(api_version: str, kind: str, name: str, namespace: str | None, **body: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **body.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


@contextlib.contextmanager
def created(client: ClusterClient, planted: Object) -> Iterator[None]:
    metadata = planted["metadata"]
    client.create(planted)
    try:
        yield
    finally:
        client.delete(planted["apiVersion"], planted["kind"], metadata["name"], metadata.get("namespace"))


@contextlib.contextmanager
def annotated(client: ClusterClient) -> Iterator[None]:
    """An annotation in a template, as kubectl writes it, taken back with the rollout that it causes."""
    place = client.discovery.find("apps/v1", "Deployment").path("pingpong-tls", "pingpong-tls")

    def write(value: str | None) -> None:
        body = {"spec": {"template": {"metadata": {"annotations": {"example.org/by-hand": value}}}}}
        client.request("PATCH", f"{place}?fieldManager=kubectl-annotate", body, content_type=MERGE_PATCH)

    write("true")
    try:
        yield
    finally:
        write(None)
        deadline = time.monotonic() + SETTLED
        while not _rolled_out(client.request("GET", place)) and time.monotonic() < deadline:
            time.sleep(1)


def _rolled_out(deployment: Object) -> bool:
    status, replicas = deployment.get("status") or {}, deployment["spec"]["replicas"]
    seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return seen and status.get("updatedReplicas") == status.get("replicas") == status.get("readyReplicas") == replicas


@contextlib.contextmanager
def firewall(name: str) -> Iterator[None]:
    """A rule that somebody makes by hand in the platform's network."""
    rules = f"{CLOUD}/compute/compute/v1/projects/{PROJECT}/global/firewalls"
    context = ssl.create_default_context(cafile=str(STATE / "cloud" / "ca.pem"))
    token = (STATE / "cloud" / "token").read_text().strip()

    def call(verb: str, url: str, body: Object | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(url, data, headers, method=verb)  # noqa: S310 - a fixed https URL
        urllib.request.urlopen(request, timeout=30, context=context).close()  # noqa: S310

    allowed = [{"IPProtocol": "tcp", "ports": ["22"]}]
    network = f"projects/{PROJECT}/global/networks/{PROJECT}"
    call("POST", rules, {"name": name, "network": network, "sourceRanges": ["0.0.0.0/0"], "allowed": allowed})
    try:
        yield
    finally:
        call("DELETE", f"{rules}/{name}")


A = {"kind": "ServiceAccount", "name": "pingpong-a", "namespace": "pingpong-a"}
ADMIN = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
FORGED = {
    "app.kubernetes.io/managed-by": "pingpong.platform",
    "pingpong.platform/environment": "local",
    "pingpong.platform/layer": "network-policies",
}
LET_IN = {
    "podSelector": {},
    "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "pingpong-d"}}}]}],
}
PLANTED: list[Object] = [
    obj("networking.k8s.io/v1", "NetworkPolicy", "planted", "pingpong-a", spec=LET_IN),
    obj("networking.k8s.io/v1", "NetworkPolicy", "forged", "pingpong-a", spec=LET_IN, metadata={"labels": FORGED}),
    obj(RBAC, "RoleBinding", "planted", "pingpong-a", roleRef=ADMIN, subjects=[A]),
    obj(RBAC, "ClusterRoleBinding", "planted", None, roleRef=ADMIN, subjects=[A]),
    obj("v1", "Service", "planted", "pingpong-tls",
        spec={"type": "LoadBalancer", "selector": {"app.kubernetes.io/name": "ping"}, "ports": [{"port": 8443}]}),
]  # fmt: skip
NAMED = {
    (CLUSTER, "NetworkPolicy pingpong-a/planted", "undeclared"),
    (CLUSTER, "NetworkPolicy pingpong-a/forged", "undeclared"),
    (CLUSTER, "RoleBinding pingpong-a/planted", "undeclared"),
    (CLUSTER, "ClusterRoleBinding planted", "undeclared"),
    (CLUSTER, "Service pingpong-tls/planted", "undeclared"),
    (CLUSTER, "Deployment pingpong-tls/pingpong-tls", "as declared"),
    ("cloud", "firewall planted", "undeclared"),
}


def test_what_is_planted_is_named_within_one_run(client: ClusterClient, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        for planted in PLANTED:
            stack.enter_context(created(client, planted))
        stack.enter_context(annotated(client))
        stack.enter_context(firewall("planted"))
        code, output, cells = drift(tmp_path)
    assert code != 0
    failed = {(cell.cluster, cell.target, cell.case): cell for cell in cells if cell.verdict != "pass"}
    assert set(failed) == NAMED
    assert all(f"fail: {cluster}: drift: {target}" in output for cluster, target, _case in NAMED)
    changed = failed[CLUSTER, "Deployment pingpong-tls/pingpong-tls", "as declared"]
    assert changed.observed == "spec.template.metadata.annotations.example.org/by-hand added"
    assert changed.reason == "written by kubectl-annotate"


def test_the_untouched_platform_is_green(client: ClusterClient, tmp_path: Path) -> None:
    code, output, cells = drift(tmp_path)
    assert code == 0, output[-4000:]
    assert cells and {cell.verdict for cell in cells} == {"pass"}
