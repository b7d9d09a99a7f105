"""On the platform, a failed proof is published and a notification of it reaches a webhook in a namespace of the test's.

The receiver is declared by the inventory's variables and applied by the role, and so is the end of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import (
    NO_INJECTION,
    restricted_pod,
)

from tests.support.local_platform import ENVIRONMENT, STATE, client_of
from tests.support.plays import playbook

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]

CLUSTER = "secondary"
NAMESPACE, NAME = "alert-receiver", "receiver"
LABELS = {"app": NAME}
SECONDS = 240.0  # a kubelet takes up to two minutes until a pod sees the new content of a ConfigMap
VERDICTS = ("v1", "ConfigMap", "proof-verdicts", "monitoring")
FAILED = 'pingpong_proof_cells{environment="test",cluster="test",proof="arrival",verdict="fail"} 1\n'
WEBHOOK = """
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(("", 8080), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    with client_of(CLUSTER) as found:
        yield found


@pytest.fixture
def webhook(client: ClusterClient) -> Iterator[str]:
    """The URL of a pod that logs what it is sent."""
    image = json.loads((STATE / "images.json").read_text())["ping"]
    pod = restricted_pod(NAME, NAMESPACE, image, LABELS | NO_INJECTION)
    pod["spec"]["activeDeadlineSeconds"] = 900
    pod["spec"]["containers"][0]["command"] = ["python3", "-c", WEBHOOK]
    service = {"selector": LABELS, "ports": [{"port": 8080}]}
    objects: list[dict[str, Any]] = [
        {"kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"kind": "Service", "metadata": {"name": NAME, "namespace": NAMESPACE}, "spec": service},
        pod,
    ]
    try:
        for body in objects:
            client.apply({"apiVersion": "v1", **body}, force=True)
        end = time.monotonic() + SECONDS
        while (client.get("v1", "Pod", NAME, NAMESPACE) or pod).get("status", {}).get("phase") != "Running":
            assert time.monotonic() < end, "the receiver does not run"
            time.sleep(0.5)
        yield f"http://{NAME}.{NAMESPACE}.svc:8080/"
    finally:
        client.delete("v1", "Namespace", NAMESPACE)
        # What is on its way out is still there for the proofs that follow.
        end = time.monotonic() + SECONDS
        while client.get("v1", "Namespace", NAMESPACE) is not None and time.monotonic() < end:
            time.sleep(0.5)


def publish(folder: Path, verdicts: str, **variables: Any) -> None:
    """Apply the role with these variables, and publish the verdicts as verify does."""
    (folder / "report.prom").write_text(verdicts)
    roles = (
        {"name": "pingpong.platform.cluster", "tasks_from": "connect"},
        {"name": "pingpong.platform.monitoring"},
        {"name": "pingpong.platform.verify", "tasks_from": "publish"},
    )
    book, given = folder / "publish.yml", folder / "variables.json"
    tasks = [{"ansible.builtin.include_role": role} for role in roles]
    book.write_text(yaml.safe_dump([{"hosts": "clusters", "tasks": tasks}]))
    given.write_text(json.dumps({"verify_report_path": str(folder), **variables}))
    where = ("-i", "inventories/local", "--limit", CLUSTER)
    done = playbook(str(book), *where, "-e", f"@{given}", environment=ENVIRONMENT)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def notifications(client: ClusterClient) -> Iterator[Mapping[str, Any]]:
    for line in client.logs(NAMESPACE, NAME).splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def test_a_failed_proof_arrives_at_the_receiver(client: ClusterClient, webhook: str, tmp_path: Path) -> None:
    before = client.get(*VERDICTS)
    try:
        publish(
            tmp_path,
            (before["data"]["report.prom"] if before else "") + FAILED,
            monitoring_alert_receivers=[
                {"name": "test", "webhook_configs": [{"url_file": "/etc/alertmanager/secrets/test"}]}
            ],
            monitoring_alert_secrets={"test": webhook},
            monitoring_alert_route={"group_wait": "1s"},
        )
        end, found = time.monotonic() + SECONDS, []
        while not found:
            assert time.monotonic() < end, f"nothing of it after {SECONDS:.0f} s: {list(notifications(client))}"
            time.sleep(1)
            alerts = [alert for one in notifications(client) for alert in one["alerts"]]
            found = [alert for alert in alerts if alert["labels"].get("proof") == "arrival"]
        assert found[0]["labels"]["alertname"] == "ProofFailed"
        assert found[0]["status"] == "firing"
    finally:
        publish(tmp_path, before["data"]["report.prom"] if before else "")
        if before is None:
            client.delete(*VERDICTS)
