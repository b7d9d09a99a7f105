"""How a cluster asks Binary Authorization before it makes a pod: Kubernetes' own webhook, under Google's name.

As Google's it lets pods through while nobody answers, and is found beside the control plane: a connection to the
loopback of its node is led to the local cloud.
https://cloud.google.com/binary-authorization/docs/overview#gke
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

NAME = "imagepolicywebhook.image-policy.k8s.io"
LOOPBACK = "127.0.0.1"


def script(url: str) -> str:
    """What makes the control plane's node lead its loopback to who answers at ``url``; twice changes nothing."""
    cloud = urlsplit(url)
    port = f"-p tcp --dport {cloud.port}"
    rules = (
        f"OUTPUT -d {LOOPBACK}/32 {port} -j DNAT --to-destination {cloud.hostname}:{cloud.port}",
        f"POSTROUTING -s {LOOPBACK}/32 -d {cloud.hostname}/32 {port} -j MASQUERADE",
    )
    lines = ["set -eu", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet"]
    lines += [f"iptables -w -t nat -C {rule} 2>/dev/null || iptables -w -t nat -A {rule}" for rule in rules]
    return "\n".join(lines)


def webhook(url: str, authority: str) -> dict[str, Any]:
    """The configuration; ``authority`` (PEM) signed the certificate of who answers at ``url``, and at the loopback."""
    beside = urlsplit(url)._replace(netloc=f"{LOOPBACK}:{urlsplit(url).port}").geturl()
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [
            {
                "name": NAME,
                "clientConfig": {"url": beside, "caBundle": base64.b64encode(authority.encode()).decode()},
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["pods", "pods/ephemeralcontainers"],
                    }
                ],
                "failurePolicy": "Ignore",
                "sideEffects": "None",
                "timeoutSeconds": 10,
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
