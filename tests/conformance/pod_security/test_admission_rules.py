"""The role ``admission`` on a real API server: each rule refuses what it is for, and a well-made pod passes."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from tests.support.apiserver import ApiServer
from tests.support.roles import rendered

NAMESPACE = "ruled"
IMAGE = "registry.example.com/app:1"
SECURITY = {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
REQUESTS = {"requests": {"cpu": "1m", "memory": "1Mi"}}
CONTAINER: dict[str, Any] = {"name": "app", "image": IMAGE, "securityContext": SECURITY, "resources": REQUESTS}
# A debugger's: the API itself refuses requests and probes of it.
DEBUGGER: dict[str, Any] = {"name": "debug", "image": IMAGE, "securityContext": SECURITY}
Change = Callable[[dict[str, Any]], Any]


def pod(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "asked", "namespace": NAMESPACE},
        "spec": {"containers": [container], **spec},
    }


@pytest.fixture(scope="module")
def client(server: ApiServer) -> Iterator[ClusterClient]:
    client = ClusterClient.from_connection(server.connection)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, force=True)
    changes = {"admission_namespaces": [NAMESPACE], "admission_registries": ["registry.example.com/"]}
    objects = rendered("admission", "production", "policy.yml.j2", **changes)
    client.create(pod(CONTAINER) | {"metadata": {"name": "runs", "namespace": NAMESPACE}})
    for obj in objects:
        client.apply(obj, force=True)
    deadline = time.monotonic() + 60
    while "trusted-registries" not in refusal(lambda: client.create(pod({**CONTAINER, "image": "x"}), dry_run=True)):
        assert time.monotonic() < deadline, "the API server did not take the policy up"
        time.sleep(0.3)
    yield client
    for obj in reversed(objects):
        client.delete(obj["apiVersion"], obj["kind"], obj["metadata"]["name"])


def refusal(ask: Callable[[], Any]) -> str:
    """What the API server said against it; empty when it was admitted."""
    try:
        ask()
    except ApiError as error:
        return error.message
    return ""


def debugged(client: ClusterClient, container: dict[str, Any]) -> str:
    patch = {"spec": {"ephemeralContainers": [container]}}
    return refusal(
        lambda: client.patch("v1", "Pod", "runs", NAMESPACE, patch, subresource="ephemeralcontainers", dry_run=True)
    )


RULES: list[tuple[str, Change]] = [
    ("run-as-non-root", lambda c: c["securityContext"].pop("runAsNonRoot")),
    ("run-as-non-root", lambda c: c["securityContext"].update(runAsNonRoot=False)),
    ("no-privilege-escalation", lambda c: c["securityContext"].update(allowPrivilegeEscalation=True)),
    ("no-privilege-escalation", lambda c: c["securityContext"].pop("allowPrivilegeEscalation")),
    ("drop-capabilities", lambda c: c["securityContext"].update(capabilities={"drop": ["NET_RAW"]})),
    ("trusted-registries", lambda c: c.update(image="docker.io/library/busybox:1")),
]
ALONE: list[tuple[str, Change]] = [
    ("resource-requests", lambda c: c["resources"]["requests"].pop("memory")),
    ("probe-host", lambda c: c.update(livenessProbe={"httpGet": {"port": 80, "host": "169.254.169.254"}})),
]


def changed(container: dict[str, Any], change: Change) -> dict[str, Any]:
    copied = copy.deepcopy(container)
    change(copied)
    return copied


def test_what_is_well_made_passes(client: ClusterClient) -> None:
    assert refusal(lambda: client.create(pod(CONTAINER), dry_run=True)) == ""
    assert debugged(client, DEBUGGER) == ""


@pytest.mark.parametrize(("rule", "change"), [*RULES, *ALONE])
def test_a_container_is_refused_by_the_rule(client: ClusterClient, rule: str, change: Change) -> None:
    bad = changed(CONTAINER, change)
    assert f"{rule}:" in refusal(lambda: client.create(pod(bad), dry_run=True))
    first = pod(CONTAINER, initContainers=[{**bad, "name": "first"}])
    assert f"{rule}:" in refusal(lambda: client.create(first, dry_run=True)) or rule == "probe-host"


@pytest.mark.parametrize(("rule", "change"), RULES)
def test_a_debugger_in_a_pod_that_runs_is_refused_by_the_same_rule(
    client: ClusterClient, rule: str, change: Change
) -> None:
    assert f"{rule}:" in debugged(client, changed(DEBUGGER, change))


def test_a_volume_of_the_host_is_refused(client: ClusterClient) -> None:
    host = pod(CONTAINER, volumes=[{"name": "host", "hostPath": {"path": "/"}}])
    assert "volume-types:" in refusal(lambda: client.create(host, dry_run=True))
