"""How a cluster asks Binary Authorization before it makes a pod: Kubernetes' own webhook, under Google's name.

As Google's it lets pods through while nobody answers.
https://cloud.google.com/binary-authorization/docs/overview#gke
"""

from __future__ import annotations

import base64
from typing import Any

NAME = "imagepolicywebhook.image-policy.k8s.io"


def webhook(url: str, authority: str) -> dict[str, Any]:
    """The configuration; ``authority`` (PEM) signed the certificate of who answers at ``url``."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [
            {
                "name": NAME,
                "clientConfig": {"url": url, "caBundle": base64.b64encode(authority.encode()).decode()},
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
