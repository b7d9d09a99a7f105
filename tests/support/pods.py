"""Clusters' tokens without clusters: an issuer's key, and what pods' service accounts get signed with it."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from testbed.cloud.backend import Issuer
from testbed.cloud.testing import PROJECT

POOL = f"{PROJECT}.svc.id.goog"
ISSUER = "https://kubernetes.default.svc.cluster.local"


def encoded(data: bytes) -> str:
    """Base64 as JSON web tokens write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """A cluster's API server, as far as it signs tokens."""

    def __init__(self, kid: str = "key") -> None:
        self.kid = kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def issuer(self) -> Issuer:
        """What it publishes."""
        numbers = self.key.public_key().public_numbers()
        modulus, exponent = encoded(numbers.n.to_bytes(256)), encoded(numbers.e.to_bytes(3))
        key = {"kty": "RSA", "alg": "RS256", "kid": self.kid, "n": modulus, "e": exponent}
        return Issuer(ISSUER, (key,))

    def token(self, namespace: str, account: str, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token as the kubelet gets one for a pod and the pool; ``changes`` are other claims, None takes one out."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": [POOL], "sub": f"system:serviceaccount:{namespace}:{account}",
            "iat": now, "nbf": now, "exp": now + 3600, **changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        parts = ({"alg": "RS256", "kid": self.kid, **(header or {})}, claims)
        signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(signature)}"
