"""Clusters' tokens without clusters: an issuer's key, what pods' service accounts get signed with it, who they are."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from testbed.cloud.backend import Issuer
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import APIS, CLUSTER, COMPUTE, CONTAINER, SUBNETWORK, changed, make

POOL = f"{PROJECT}.svc.id.goog"
FEDERATION = f"//iam.googleapis.com/projects/{project_number(PROJECT)}/locations/global/workloadIdentityPools/{POOL}"
# What the names of clusters are appended to, for the URL that a cluster has in the pool.
PROVIDER = f"https://container.googleapis.com/v1/projects/{PROJECT}/locations/europe-west1/clusters/"
SECRETS = f"/secretmanager/v1/projects/{PROJECT}/secrets"
ISSUER = "https://kubernetes.default.svc.cluster.local"


def principal(namespace: str, account: str) -> str:
    """A service account as a member of IAM policies."""
    return f"principal:{FEDERATION}/subject/ns/{namespace}/sa/{account}"


def make_cluster(cloud: RunningCloud, name: str = "primary", number: int = 0, **fields: Any) -> None:
    """A cluster in a subnetwork of its own; its pods are in the project's pool."""
    cloud.enable(*APIS)
    if not number:
        make(cloud, f"{COMPUTE}/global/networks", {"name": "net", "autoCreateSubnetworks": False})
    ranges = [("pods", f"10.{number}.0.0/16"), ("services", f"10.{100 + number}.0.0/20")]
    secondary = [{"rangeName": kind, "ipCidrRange": cidr} for kind, cidr in ranges]
    place = {"name": name, "ipCidrRange": f"10.200.{number}.0/24", "secondaryIpRanges": secondary}
    make(cloud, f"{COMPUTE}/regions/europe-west1/subnetworks", {**SUBNETWORK, **place})
    wanted = {"workloadIdentityConfig": {"workloadPool": POOL}, **fields}
    make(cloud, f"{CONTAINER}/clusters", {"cluster": changed(CLUSTER, name=name, subnetwork=name, **wanted)})


def make_secret(cloud: RunningCloud, name: str, payload: bytes) -> None:
    """A secret with one version."""
    make(cloud, f"{SECRETS}?secretId={name}", {"replication": {"automatic": {}}})
    make(cloud, f"{SECRETS}/{name}:addVersion", {"payload": {"data": base64.b64encode(payload).decode()}})


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
