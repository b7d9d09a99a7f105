"""A constant load inside the mesh, with a fresh mTLS handshake for every request and no retry to hide a failure."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

NAMESPACE = "rotation-load"
HOST = f"server.{NAMESPACE}.svc.cluster.local"
SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        peer = (self.headers.get("x-forwarded-client-cert") or "none").encode()
        self.send_response(200)
        self.send_header("content-length", str(len(peer)))
        self.end_headers()
        self.wfile.write(peer)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
# Open-loop within reason: a request starts every `pause` seconds in each of the threads, slow answers or not.
CLIENT = """
import collections, http.client, json, os, sys, threading, time
duration, pause, threads = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
count, errors, peers, lock = collections.Counter(), collections.Counter(), collections.Counter(), threading.Lock()
slowest = [0.0]
end = time.monotonic() + duration
def one():
    # By address: what is counted is the mesh, not the name server.
    connection = http.client.HTTPConnection(os.environ["SERVER_SERVICE_HOST"], 8080, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": sys.argv[4]})
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            return f"status {answer.status}: {body[:120]}"
        if "URI=spiffe://" not in body:
            return "no peer identity: " + body[:120]
        peers[next(part for part in body.split(";") if part.startswith("Hash="))] += 1
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
def work():
    while time.monotonic() < end:
        begin = time.monotonic()
        error = one()
        took = time.monotonic() - begin
        with lock:
            slowest[0] = max(slowest[0], took)
            count["failed" if error else "ok"] += 1
            if error:
                errors[time.strftime("%H:%M:%S ") + error] += 1
        time.sleep(max(0.0, pause - took))
def report():
    with lock:
        state = {"ok": count["ok"], "failed": count["failed"], "errors": dict(errors), "leaves": len(peers),
                 "slowest": round(slowest[0], 3)}
    print(json.dumps(state), flush=True)
# The sidecar may still be on its way: the count begins with the first answer.
while one() and time.monotonic() < end:
    time.sleep(0.5)
peers.clear()
workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
for worker in workers:
    worker.start()
while time.monotonic() < end:
    time.sleep(1)
    report()
"""


@dataclass(frozen=True, slots=True)
class Count:
    """What a client has counted since it began; ``leaves`` are the certificates its server saw it present."""

    ok: int
    failed: int
    errors: dict[str, int]
    leaves: int
    slowest: float


class Load:
    """One client and one server in a namespace of their own, in one cluster; bounded, and removed at the end."""

    def __init__(self, name: str, client: ClusterClient, image: str) -> None:
        self.name = name
        self.client = client
        self._image = image

    def start(self, seconds: int = 1500) -> None:
        deadline = time.monotonic() + 180
        while (found := self.client.get("v1", "Namespace", NAMESPACE)) and "deletionTimestamp" in found["metadata"]:
            assert time.monotonic() < deadline, f"{self.name}: the namespace of an earlier load doesn't go"
            time.sleep(1)
        for obj in [*self._network(), *(self._pod(name, seconds) for name in ("server", "client"))]:
            self.client.apply(obj, force=True)
        deadline = time.monotonic() + 180
        while self.count() is None or self.counted().ok < 20:
            assert time.monotonic() < deadline, f"{self.name}: the load's client has not been answered: {self.log()}"
            time.sleep(1)

    def stop(self) -> None:
        self.client.delete("v1", "Namespace", NAMESPACE)

    def log(self) -> str:
        return self.client.logs(NAMESPACE, "client", "work", tail=5)

    def counted(self) -> Count:
        found = self.count()
        assert found is not None
        return found

    def count(self) -> Count | None:
        """The client's newest line, None before the first."""
        try:
            lines = self.log().strip().splitlines()
            return Count(**json.loads(lines[-1])) if lines else None
        except Exception:  # the pod is not there or not running yet
            return None

    def _network(self) -> list[dict[str, Any]]:
        meta = {"namespace": NAMESPACE, "name": "server"}
        return [
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": NAMESPACE, "labels": {"istio-injection": "enabled"}},
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": meta,
                "spec": {"selector": {"app": "server"}, "ports": [{"name": "http", "port": 8080}]},
            },
            {
                "apiVersion": "networking.istio.io/v1",
                "kind": "DestinationRule",
                "metadata": meta,
                "spec": {
                    "host": HOST,
                    "trafficPolicy": {
                        "tls": {"mode": "ISTIO_MUTUAL"},
                        "connectionPool": {"http": {"maxRequestsPerConnection": 1}},
                    },
                },
            },
            {
                "apiVersion": "networking.istio.io/v1",
                "kind": "VirtualService",
                "metadata": meta,
                "spec": {
                    "hosts": [HOST],
                    "http": [{"retries": {"attempts": 0}, "route": [{"destination": {"host": HOST}}]}],
                },
            },
        ]

    def _pod(self, name: str, seconds: int) -> dict[str, Any]:
        code = SERVER if name == "server" else CLIENT
        arguments = [] if name == "server" else [str(seconds), "0.2", "2", HOST]
        restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": NAMESPACE, "name": name, "labels": {"app": name}},
            "spec": {
                "activeDeadlineSeconds": seconds + 300,
                "automountServiceAccountToken": False,
                "restartPolicy": "Never",
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 10001,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "work",
                        "image": self._image,
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["python3", "-c", code, *arguments],
                        "securityContext": restricted,
                        "ports": [{"name": "http", "containerPort": 8080}],
                        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
                    }
                ],
            },
        }
