"""The metadata server in a cluster: a pod on each node's network, to which the node leads what pods ask for.

As on GKE 169.254.169.254:80 is answered at 169.254.169.252:988 of the pod's own node, behind the network policies.
https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity#metadata_server
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAMESPACE = "kube-system"
NAME = "gke-metadata-server"
# Its rights, under the name that they have on GKE.
ROLE = "gce:gke-metadata-server-reader"
ADDRESS = "169.254.169.252"
PORT = 988
# Where pods find the ACME server: an address for documentation, which each node leads to this machine.
ACME_ADDRESS = "192.0.2.1"
ACME_PORT = 14000
_FOLDER = "/etc/metadata-server"


def redirects(gateway: str, cloud_port: int) -> list[tuple[str, int, str]]:
    """Where a node leads pods' connections: from an address and port to another address with its port.

    ``gateway`` is this machine's end of the nodes' network, where pods find Google's APIs, ``cloud_port`` its port.
    """
    return [
        ("169.254.169.254", 80, f"{ADDRESS}:{PORT}"),
        (gateway, 443, f"{gateway}:{cloud_port}"),
        (ACME_ADDRESS, 443, f"{gateway}:{ACME_PORT}"),
    ]


def script(gateway: str, cloud_port: int) -> str:
    """What makes a node do so; run again, it changes nothing."""
    lines = ["set -eu", f"ip address replace {ADDRESS}/32 dev lo"]
    for address, port, target in redirects(gateway, cloud_port):
        rule = f"PREROUTING -d {address}/32 -p tcp --dport {port} -j DNAT --to-destination {target}"
        lines.append(f"iptables -w -t nat -C {rule} 2>/dev/null || iptables -w -t nat -A {rule}")
    return "\n".join(lines)


def objects(settings: Mapping[str, str], server: str, network: str) -> list[dict[str, Any]]:
    """All of it.

    settings: ``pool``, ``provider`` (the cluster's URL in it), ``number`` (the project's), ``endpoint`` (template of
    the cloud's URLs, as nodes reach it), ``authority`` (PEM of who signed its certificate).
    server, network: images with Python, and with iptables.
    """
    inward = urlsplit(settings["endpoint"])
    metadata = {"name": NAME, "namespace": NAMESPACE}
    program = (Path(__file__).parent / "server.py").read_text(encoding="utf-8")
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
    ]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE}
    environment = {
        "LISTEN": f"{ADDRESS}:{PORT}",
        "STS": settings["endpoint"].replace("{service}", "sts/v1/token"),
        "STS_CA": f"{_FOLDER}/ca.pem",
        "POOL": settings["pool"],
        "PROVIDER": settings["provider"],
        "PROJECT_NUMBER": settings["number"],
    }
    node = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    pod = {
        "serviceAccountName": NAME,
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"operator": "Exists"}],
        "initContainers": [
            {
                "name": "redirect",
                "image": network,
                "command": ["sh", "-c", script(str(inward.hostname), inward.port or 443)],
                "securityContext": {"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
            }
        ],
        "containers": [
            {
                "name": "server",
                "image": server,
                "command": ["python3", f"{_FOLDER}/server.py"],
                "env": [*({"name": name, "value": value} for name, value in environment.items()), node],
                "securityContext": {
                    "runAsUser": 0,
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
                },
                "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}, "limits": {"memory": "96Mi"}},
                "volumeMounts": [{"name": "program", "mountPath": _FOLDER, "readOnly": True}],
            }
        ],
        "volumes": [{"name": "program", "configMap": {"name": NAME}}],
    }
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": role["apiGroup"] + "/v1", "kind": "ClusterRole", "metadata": {"name": ROLE}, "rules": rules},
        {
            "apiVersion": role["apiGroup"] + "/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ROLE.removeprefix("gce:")},
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount", **metadata}],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"server.py": program, "ca.pem": settings["authority"]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": metadata,
            "spec": {
                "selector": {"matchLabels": {"k8s-app": NAME}},
                "template": {"metadata": {"labels": {"k8s-app": NAME}}, "spec": pod},
            },
        },
    ]
