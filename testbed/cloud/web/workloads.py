"""Workload Identity Federation for GKE: a pod's service account token against an access token of its own.

The cluster says who signs its tokens and with which keys; signature, issuer, audience, time and subject are checked
here. https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from testbed.cloud.backend import Issuer
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.identity import Workload
from testbed.cloud.web import jwt

CONTAINER = "https://container.googleapis.com/v1/"
AUDIENCE = re.compile(
    rf"identitynamespace:(?P<pool>[a-z0-9-]+\.svc\.id\.goog):{re.escape(CONTAINER)}"
    r"(?P<cluster>projects/(?P<project>[a-z0-9-]+)/locations/[a-z0-9-]+/clusters/(?P<name>[a-z0-9-]+))"
)
SUBJECT = re.compile(r"system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)")
# Kubernetes' and Google's clocks are one here; times in tokens are whole seconds.
SKEW = 1.0


class Refused(Exception):
    """Why no token is given."""


def cluster_of(cloud: Cloud, audience: str) -> re.Match[str]:
    """The cluster that an exchange is asked for: it exists, and its workloads are in the pool."""
    asked = AUDIENCE.fullmatch(audience)
    if asked is None:
        raise Refused(f"Invalid value for audience: {audience}.")
    cluster = cloud.store.get(f"container/{asked['cluster']}")
    pool = ((cluster.body if cluster else {}).get("workloadIdentityConfig") or {}).get("workloadPool")
    if pool != asked["pool"] or pool != f"{asked['project']}.svc.id.goog":
        raise Refused(f"The identity provider {CONTAINER}{asked['cluster']} is not one of the pool {asked['pool']}.")
    return asked


def workload(asked: re.Match[str], issuer: Issuer, token: str, now: float) -> tuple[Workload, float]:
    """Whose token it is, and until when; raises Refused for one that this cluster did not sign for this pool."""
    claims = _signed(issuer, token)
    audiences = claims.get("aud")
    audiences = [audiences] if isinstance(audiences, str) else audiences
    expires, begins = jwt.seconds(claims.get("exp")), jwt.seconds(claims.get("nbf", 0))
    subject = SUBJECT.fullmatch(str(claims.get("sub")))
    if claims.get("iss") != issuer.name:
        raise Refused(f"The issuer in ID Token {claims.get('iss')} does not match the expected ones: {issuer.name}.")
    if not isinstance(audiences, list) or asked["pool"] not in audiences:
        raise Refused(f"The audience in ID Token {audiences} does not match the expected audience {asked['pool']}.")
    if expires is None or begins is None or not begins - SKEW <= now < expires:
        raise Refused("ID Token is stale to sign-in, or not valid yet.")
    if subject is None:
        raise Refused("The subject in ID Token is not a Kubernetes service account.")
    return Workload(asked["project"], subject[1], subject[2], f"{CONTAINER}{asked['cluster']}"), expires


def _signed(issuer: Issuer, text: str) -> Mapping[str, Any]:
    """The claims of a token that one of the issuer's keys signed."""
    try:
        token = jwt.parse(text)
        key = next((key for key in issuer.keys if key.get("kid") == token.header.get("kid")), None)
        if key is None:
            raise jwt.InvalidToken("none of the issuer's keys is named")
        token.verify(jwt.public_key(key))
    except jwt.InvalidToken as invalid:
        raise Refused(
            f"Error connecting to the given credential's issuer: it did not sign this ID Token: {invalid}."
        ) from None
    return token.claims
