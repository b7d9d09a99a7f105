"""Killed and started again: nothing answered is lost, operations in flight go on, files stay private."""

from __future__ import annotations

import base64
import json
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.cloud.testing import PROJECT
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, SUBNETWORK

ROOT = Path(__file__).parents[3]
SLOW = {"strict_services": False, "latency": {"compute": 1.5, "container": 1.5}}
SECRETS = f"/secretmanager/v1/projects/{PROJECT}/secrets"


class Process:
    """`python -m testbed.cloud serve` on a free port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "testbed.cloud", "serve", "--state", str(folder), "--port", "0"]
        command += ["--backend", "memory", "--settings", json.dumps(SLOW), "--log-level", "WARNING"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = json.loads(self.process.stdout.readline())
        self.token = (folder / "token").read_text().strip()
        self.context = ssl.create_default_context(cafile=str(folder / "ca.pem"))

    def request(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = self.said["endpoint"].removesuffix("/{service}") + path
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=verb)  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=10) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def until(self, path: str, field: str, value: str, seconds: float = 30) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            found = self.request("GET", path)[1]
            if found.get(field) == value:
                return dict(found)
            assert time.monotonic() < deadline, found
            time.sleep(0.1)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[list[Process]]:
    """The processes that a test starts; ended after it."""
    started = [Process(tmp_path / "cloud")]
    yield started
    for item in started:
        if item.process.poll() is None:
            item.end(signal.SIGKILL)


def test_killed_with_operations_in_flight(served: list[Process]) -> None:
    first = served[0]
    networks = f"{COMPUTE}/global/networks"
    assert first.request("POST", networks, {"name": "net", "autoCreateSubnetworks": False})[0] == 200
    time.sleep(1.7)
    assert first.request("POST", f"{COMPUTE}/regions/europe-west1/subnetworks", SUBNETWORK)[0] == 200
    time.sleep(1.7)
    _unused, creating = first.request("POST", f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    _unused, inserting = first.request("POST", networks, {"name": "late", "autoCreateSubnetworks": False})
    assert (creating["status"], inserting["status"]) == ("RUNNING", "RUNNING")
    first.end(signal.SIGKILL)

    second = Process(first.folder)
    served.append(second)
    assert second.token == first.token
    second.until(f"{CONTAINER}/operations/{creating['name']}", "status", "DONE")
    second.until(f"{COMPUTE}/global/operations/{inserting['name']}", "status", "DONE")
    assert second.request("GET", f"{CONTAINER}/clusters/primary")[1]["status"] == "RUNNING"
    names = [item["name"] for item in second.request("GET", networks)[1]["items"]]
    assert names == ["late", "net"]


def test_stopped_and_started_again(served: list[Process]) -> None:
    first = served[0]
    assert first.request("POST", f"{SECRETS}?secretId=s", {"replication": {"automatic": {}}})[0] == 200
    payload = {"payload": {"data": base64.b64encode(b"value").decode()}}
    assert first.request("POST", f"{SECRETS}/s:addVersion", payload)[0] == 200
    assert first.request("PATCH", "/_testbed/settings", {"rate_limit": 50})[0] == 200
    assert first.end(signal.SIGTERM) == 0

    second = Process(first.folder)
    served.append(second)
    assert second.request("GET", f"{SECRETS}/s/versions/1:access")[1]["payload"]["data"] == payload["payload"]["data"]
    assert second.request("GET", "/_testbed/settings")[1]["rate_limit"] == 50
    private = [first.folder / "token", first.folder / "server.key", first.folder / "state" / "cloud.db"]
    assert [file.stat().st_mode & 0o077 for file in private] == [0, 0, 0]
