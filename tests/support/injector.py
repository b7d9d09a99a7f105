"""A mutating webhook that does to probes what Istio's injector does, for API servers without a mesh."""

from __future__ import annotations

import base64
import copy
import http.server
import json
import ssl
import threading
from pathlib import Path
from typing import Any

from tests.support.authority import Authority

PROBES = {"readinessProbe": "readyz", "livenessProbe": "livez", "startupProbe": "startupz"}
HOOKS = {"preStop": "prestopz", "postStart": "poststartz"}
KEPT = ("httpGet", "tcpSocket", "grpc")
STATUS_PORT = 15020


def injected(pod: dict[str, Any]) -> dict[str, Any]:
    """The pod with a proxy beside it, its probes asked of the proxy and noted in the proxy's environment.

    As pkg/kube/inject/app_probe.go of istio.io/istio has it (``patchRewriteProbe``, ``DumpAppProbers``).
    """
    changed = copy.deepcopy(pod)
    spec, noted = changed["spec"], {}
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        handlers = [(container.get(field), word) for field, word in PROBES.items()]
        handlers += [((container.get("lifecycle") or {}).get(field), word) for field, word in HOOKS.items()]
        for handler, word in handlers:
            action = {key: handler.pop(key) for key in KEPT if handler and key in handler}
            if handler is not None and action:
                path = f"/app-health/{container['name']}/{word}"
                noted[path] = action
                handler["httpGet"] = {**action.get("httpGet", {}), "path": path, "port": STATUS_PORT}
    proxy = copy.deepcopy(spec["containers"][0])
    for field in (*PROBES, "lifecycle", "ports"):
        proxy.pop(field, None)
    environment = [{"name": "ISTIO_KUBE_APP_PROBERS", "value": json.dumps(noted, separators=(",", ":"))}]
    spec["containers"].append({**proxy, "name": "istio-proxy", "env": environment if noted else []})
    return changed


class Injector(http.server.BaseHTTPRequestHandler):
    """Answers an AdmissionReview with a patch that replaces the spec; leaves alone what asks for that."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        pod = request["object"]
        patch = [{"op": "replace", "path": "/spec", "value": injected(pod)["spec"]}]
        if (pod["metadata"].get("labels") or {}).get("sidecar.istio.io/inject") == "false":
            patch = []
        encoded = base64.b64encode(json.dumps(patch).encode()).decode()
        response = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch", "patch": encoded}
        answer = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


def serve(authority: Authority, folder: Path) -> http.server.ThreadingHTTPServer:
    """The webhook on loopback; whoever starts it shuts it down."""
    pair = folder / "injector.pem"
    pair.write_bytes(authority.leaf("localhost", 1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Injector)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configuration(authority: Authority, port: int, namespace: str) -> dict[str, Any]:
    """The webhook's registration for pods of a namespace."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "injector"},
        "webhooks": [
            {
                "name": "injector.example.com",
                "clientConfig": {
                    "url": f"https://127.0.0.1:{port}/",
                    "caBundle": base64.b64encode(authority.pem.encode()).decode(),
                },
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
