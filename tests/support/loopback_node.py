"""Pods of ping without a cluster's nodes: each is a process on loopback, and the API server hears how it does.

pods (LIST) → a process each, with its container's environment → its readiness, or how it ended → the pod's status
                └→ targets.json, by which a Prometheus scrapes it under the pod's name
Clients find pods by the live VirtualService and Services, as a proxy does.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from tests.support.apiserver import free_ports

SOURCE = Path(__file__).parents[2] / "service" / "src"
REVISION = "rollouts-pod-template-hash"
PAUSE = 0.3
Object = dict[str, Any]


def ask(port: int, path: str, method: str = "GET", body: str | None = None) -> tuple[int, str]:
    """Status and body on a connection of its own; 0 and the kind of failure where there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 0, type(error).__name__
    finally:
        connection.close()


@dataclass
class _Run:
    process: subprocess.Popen[bytes]
    labels: dict[str, str]
    port: int = 0
    metrics_port: int = 0
    ready: bool = False
    ended: bool = False


@dataclass
class LoopbackNode:
    """Runs the pods of one namespace; ``fault`` is the plan that pods of a version begin with, by its revision."""

    client: ClusterClient
    namespace: str
    folder: Path
    fault: str | None = None
    runs: dict[str, _Run] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[LoopbackNode]:
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            thread.join(30)
            for run in self.runs.values():
                run.process.kill()
                run.process.wait()

    def endpoints(self, selector: dict[str, str]) -> list[_Run]:
        """The ready pods of ping that a Service selects."""
        return [run for run in list(self.runs.values()) if run.ready and selector.items() <= run.labels.items()]

    def inject(self, revision: str, plan: str) -> None:
        """Put a fault into every pod of a version that runs."""
        for run in list(self.runs.values()):
            if run.labels.get(REVISION) == revision and run.metrics_port:
                status, said = ask(run.metrics_port, "/-/faults", "POST", plan)
                assert status == 200, said

    def _work(self) -> None:
        while not self.stopped.wait(PAUSE):
            pods = {pod["metadata"]["name"]: pod for pod in self.client.list("v1", "Pod", self.namespace)}
            for name in [name for name in self.runs if name not in pods]:
                self.runs.pop(name).process.terminate()
            for name, pod in pods.items():
                if name not in self.runs:
                    self.runs[name] = self._start(pod)
                self._report(name, self.runs[name])
            targets = [
                {"targets": [f"127.0.0.1:{run.metrics_port}"], "labels": {"namespace": self.namespace, "pod": name}}
                for name, run in self.runs.items()
                if run.metrics_port
            ]
            partial = self.folder / "targets.partial"
            partial.write_text(json.dumps(targets))
            partial.rename(self.folder / "targets.json")

    def _start(self, pod: Object) -> _Run:
        (container,) = pod["spec"]["containers"]
        labels = pod["metadata"]["labels"]
        given = {one["name"]: one["value"] for one in container.get("env") or [] if "value" in one}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), **given}
        if "command" not in container:
            port, metrics = free_ports(2)
            environment |= {"SERVICE__HOST": "127.0.0.1", "SERVICE__PORT": str(port)}
            environment |= {"SERVICE__METRICS_PORT": str(metrics), "PLACE__POD": pod["metadata"]["name"]}
            return _Run(self._process(["-m", "pingpong"], environment), labels, port, metrics)
        # The Service's name in its arguments, as its own proxy would have it.
        url = next(word for word in container["args"] if word.startswith("http://"))
        service = self.client.get("v1", "Service", str(urlsplit(url).hostname).partition(".")[0], self.namespace)
        assert service is not None
        (first, *_others) = self.endpoints(service["spec"]["selector"])
        arguments = [f"http://127.0.0.1:{first.port}" if word == url else word for word in container["args"]]
        return _Run(self._process([*container["command"][1:], *arguments], environment), labels)

    def _process(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / "pods.log").open("ab") as log:
            return subprocess.Popen([sys.executable, *arguments], env=environment, stdout=log, stderr=log, cwd="/")

    def _report(self, name: str, run: _Run) -> None:
        if run.metrics_port:
            if run.ready or ask(run.metrics_port, "/readyz")[0] != 200:
                return
            if self.fault and not run.ready:
                ask(run.metrics_port, "/-/faults", "POST", self.fault)
            conditions = [{"type": kind, "status": "True", "lastTransitionTime": _now()} for kind in ("Ready",)]
            self._patch(name, {"phase": "Running", "podIP": "127.0.0.1", "conditions": conditions})
            run.ready = True
        elif run.process.poll() is not None and not run.ended:
            self._patch(name, {"phase": "Failed" if run.process.returncode else "Succeeded"})
            run.ended = True

    def _patch(self, name: str, status: Object) -> None:
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/status"
        try:
            self.client.request("PATCH", path, {"status": status}, content_type="application/merge-patch+json")
        except ApiError as error:
            if error.status != 404:  # gone since it was listed
                raise


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Clients:
    """A bounded load: each request on a connection of its own, to a version by the weights of the live routes."""

    node: LoopbackNode
    name: str
    limit: int = 5000
    pause: float = 0.05
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    weights: dict[str, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def asking(self) -> Iterator[Clients]:
        self._hear()
        threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._ask)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join(30)

    def lost(self, revision: str) -> int:
        """How many requests to a version were not answered with a pong."""
        return sum(count for (asked, said), count in self.counts.items() if asked == revision and said != "200 pong")

    def served(self, revision: str) -> int:
        return self.counts[revision, "200 pong"]

    def _hear(self) -> None:
        """What proxies hear of: the weights, and which pods each Service selects."""
        route = self.node.client.get(
            "networking.istio.io/v1", "VirtualService", f"{self.name}-mesh", self.node.namespace
        )
        assert route is not None
        (http,) = (one for one in route["spec"]["http"] if one.get("name") == "ping")
        weights = {one["destination"]["host"].split(".")[0]: one.get("weight", 0) for one in http["route"]}
        found = self.node.client.list("v1", "Service", self.node.namespace)
        self.selectors = {one["metadata"]["name"]: one["spec"]["selector"] for one in found}
        self.weights = weights
        self.seen.add(weights[f"{self.name}-canary"])

    def _listen(self) -> None:
        while not self.stopped.wait(PAUSE):
            self._hear()

    def _ask(self) -> None:
        for _number in range(self.limit):
            if self.stopped.wait(self.pause):
                return
            (service,) = random.choices(list(self.weights), list(self.weights.values()))
            pods = self.node.endpoints(self.selectors[service])
            if not pods:
                self.counts["nobody", service] += 1
                continue
            chosen = random.choice(pods)
            status, said = ask(chosen.port, "/ping")
            self.counts[chosen.labels[REVISION], f"{status} {said.strip()}"] += 1


def until(look: Any, what: str, seconds: float = 120.0) -> Any:
    """Look until there is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(PAUSE)
    return found
