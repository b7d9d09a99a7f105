"""A pod reads a secret of Secret Manager through its volume, as the service account that was let in and as no other.

What the pod read is compared by its digest, which it leaves as its last words: the value is never shown.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import (
    NO_INJECTION,
    restricted_pod,
)

from tests.support.local_platform import STATE, connection

pytestmark = [pytest.mark.platform, pytest.mark.timeout(600)]

NAMESPACE, MOUNT, FILE = "pingpong-d", "probe", "probe"
READER, STRANGER = "secret-reader", "secret-stranger"
DRIVER = "secrets-store-gke.csi.k8s.io"
SECONDS = 90.0
DENIED = re.compile(r"code = PermissionDenied desc = Permission 'secretmanager\.versions\.access' denied")
LAST_WORDS = f"""
import hashlib, pathlib
content = pathlib.Path("/var/secrets/{FILE}").read_bytes()
pathlib.Path("/dev/termination-log").write_text(hashlib.sha256(content).hexdigest())
"""
Object = dict[str, Any]


@dataclass
class Ground:
    """A cluster in which pods of both accounts may be started."""

    client: ClusterClient
    image: str

    def start(self, account: str) -> str:
        """A pod that mounts the secret; its name."""
        name = f"{account}-{time.monotonic_ns()}"
        pod = restricted_pod(name, NAMESPACE, self.image, {"app": "secret-probe", **NO_INJECTION})
        pod["spec"] |= {
            "serviceAccountName": account,
            "activeDeadlineSeconds": int(SECONDS) * 2,
            "volumes": [
                {
                    "name": "secrets",
                    "csi": {"driver": DRIVER, "readOnly": True, "volumeAttributes": {"secretProviderClass": MOUNT}},
                }
            ],
        }
        (container,) = pod["spec"]["containers"]
        container["command"] = ["python3", "-c", LAST_WORDS]
        container["volumeMounts"] = [{"name": "secrets", "mountPath": "/var/secrets", "readOnly": True}]
        self.client.apply(pod, force=True)
        return name

    def pod(self, name: str) -> Object:
        found = self.client.get("v1", "Pod", name, NAMESPACE)
        assert found is not None, f"{name} is gone"
        return dict(found)

    def last_words(self, name: str) -> str:
        """What the pod left when it ended well."""
        deadline = time.monotonic() + SECONDS
        while (status := self.pod(name)["status"])["phase"] not in ("Succeeded", "Failed"):
            assert time.monotonic() < deadline, (status["phase"], self.refusals(name))
            time.sleep(0.5)
        assert status["phase"] == "Succeeded", status["containerStatuses"]
        return str(status["containerStatuses"][0]["state"]["terminated"]["message"])

    def refusals(self, name: str) -> list[str]:
        """Why the kubelet could not mount the pod's volume."""
        return [
            str(event["message"])
            for event in self.client.list("v1", "Event", NAMESPACE)
            if event["reason"] == "FailedMount" and event["involvedObject"]["name"] == name
        ]


@pytest.fixture(scope="module", params=["primary", "secondary"])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    client = ClusterClient.from_connection(connection(request.param))
    image = json.loads((STATE / "images.json").read_text())["ping"]
    try:
        for account in (READER, STRANGER):
            metadata = {"name": account, "namespace": NAMESPACE}
            client.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, force=True)
        yield Ground(client, image)
    finally:
        for pod in client.list("v1", "Pod", NAMESPACE):
            if pod["metadata"].get("labels", {}).get("app") == "secret-probe":
                client.delete("v1", "Pod", pod["metadata"]["name"], NAMESPACE)
        for account in (READER, STRANGER):
            client.delete("v1", "ServiceAccount", account, NAMESPACE)
        client.close()


def test_the_bound_service_account_reads_the_value(ground: Ground) -> None:
    value = (STATE / "secrets" / "probe").read_text().strip()
    assert ground.last_words(ground.start(READER)) == hashlib.sha256(value.encode()).hexdigest()


def test_another_service_account_is_refused_by_iam(ground: Ground) -> None:
    name = ground.start(STRANGER)
    deadline = time.monotonic() + SECONDS
    while not any(DENIED.search(refusal) for refusal in ground.refusals(name)):
        assert time.monotonic() < deadline, (ground.pod(name)["status"]["phase"], ground.refusals(name))
        time.sleep(0.5)
    assert ground.pod(name)["status"]["phase"] == "Pending"
