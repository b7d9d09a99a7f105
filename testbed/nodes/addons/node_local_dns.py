"""NodeLocal DNSCache as Dataplane V2 has it: a cache on each node, to which Cilium redirects pods' questions.

The caches are ordinary pods of kube-system, labelled ``k8s-app: node-local-dns``, and policies are judged against
them: one that admits kube-dns alone cuts DNS off. Sources: Cilium's examples/kubernetes-local-redirect
(node-local-dns.yaml, node-local-dns-lrp.yaml), and policies seen to fail on GKE
(https://github.com/world-federation-of-advertisers/cross-media-measurement/issues/3569).
k8s.io/dns cannot be built here: CoreDNS with its cache takes its place.
"""

from __future__ import annotations

from typing import Any

NAMESPACE = "kube-system"
NAME = "node-local-dns"
LABELS = {"k8s-app": NAME}
# Where the caches ask: kube-dns under a second Service, whose address is not redirected to them.
UPSTREAM = "kube-dns-upstream"
DAEMON_SET = f"daemonset/{NAME}"
# CoreDNS fills in the address that the kubelet gives every pod of the namespace as a variable.
ADDRESS = "{$KUBE_DNS_UPSTREAM_SERVICE_HOST}"
CLUSTER_ZONES = ("cluster.local", "in-addr.arpa", "ip6.arpa")
COREFILE = f"""{" ".join(CLUSTER_ZONES)} {{
    errors
    cache {{
        success 9984 30
        denial 9984 5
    }}
    reload
    loop
    forward . {ADDRESS} {{
        force_tcp
    }}
    prometheus :9253
    ready :8181
}}
. {{
    errors
    cache 30
    reload
    loop
    forward . {ADDRESS} {{
        force_tcp
    }}
    prometheus :9253
}}
"""


def upstream() -> list[dict[str, Any]]:
    """The Service that the caches ask; it must be there before their pods, which get its address as a variable."""
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": UPSTREAM, "namespace": NAMESPACE},
            "spec": {"selector": {"k8s-app": "kube-dns"}, "ports": ports},
        }
    ]


def objects(image: str) -> list[dict[str, Any]]:
    """The caches (``image`` has CoreDNS at ``/coredns``), and Cilium's redirection to the one on a pod's own node."""
    metadata = {"name": NAME, "namespace": NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "automountServiceAccountToken": False},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"Corefile": COREFILE}},
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {**metadata, "labels": LABELS},
            "spec": {
                "selector": {"matchLabels": LABELS},
                "template": {"metadata": {"labels": LABELS}, "spec": _pod(image)},
            },
        },
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumLocalRedirectPolicy",
            "metadata": metadata,
            "spec": {
                "redirectFrontend": {"serviceMatcher": {"serviceName": "kube-dns", "namespace": NAMESPACE}},
                "redirectBackend": {
                    "localEndpointSelector": {"matchLabels": LABELS},
                    "toPorts": [
                        {"port": "53", "name": "dns", "protocol": "UDP"},
                        {"port": "53", "name": "dns-tcp", "protocol": "TCP"},
                    ],
                },
            },
        },
    ]


def _pod(image: str) -> dict[str, Any]:
    container = {
        "name": "node-cache",
        "image": image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"name": "dns", "containerPort": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9253, "protocol": "TCP"},
        ],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "96Mi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
    }
    return {
        "serviceAccountName": NAME,
        "priorityClassName": "system-node-critical",
        "dnsPolicy": "Default",  # the node's own servers: the caches do not ask themselves
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": NAME}}],
    }
