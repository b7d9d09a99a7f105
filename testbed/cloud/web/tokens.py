"""Where clients turn what they have into an access token: a signed assertion, a refresh token, a foreign identity.

Reached as `oauth2.googleapis.com/token` and `sts.googleapis.com/v1/token`, or below `/oauth2/` and `/sts/`. Forms in,
JSON out, errors as RFC 6749 words them.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from testbed.cloud.core.call import Cloud
from testbed.cloud.core.state.store import Resource
from testbed.cloud.web import jwt
from testbed.cloud.web.workloads import Refused, cluster_of, workload

PATHS = {("oauth2.googleapis.com", "/token"), ("sts.googleapis.com", "/v1/token"),
         ("accounts.google.com", "/o/oauth2/token")}  # fmt: skip
PREFIXED = ("/oauth2/token", "/sts/v1/token")
LIFETIME = 3599
ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ISSUED = "urn:ietf:params:oauth:token-type:access_token"
# https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
SUBJECTS = {f"urn:ietf:params:oauth:token-type:{kind}" for kind in ("jwt", "id_token", "saml2")} | {
    "urn:ietf:params:aws:token-type:aws4_request"
}
SKEW = 300

Answer = tuple[int, dict[str, Any]]


def is_token_request(host: str, path: str) -> bool:
    """Whether a request asks for a token."""
    return (host.partition(":")[0], path) in PATHS or path in PREFIXED


async def answer(cloud: Cloud, verb: str, payload: bytes) -> Answer:
    """The status and body for one token request."""
    if verb != "POST":
        return _refuse("invalid_request", "Tokens are asked for by POST.")
    form = {name: values[-1] for name, values in parse_qs(payload.decode("utf-8", "replace")).items()}
    kind = form.get("grant_type", "")
    if kind == ASSERTION:
        problem = _assertion(cloud, form.get("assertion", ""))
    elif kind == "refresh_token":
        # The refresh token that the local cloud knows is its access token: there is one person here.
        problem = None if form.get("refresh_token") == cloud.token else "Token has been expired or revoked."
    elif kind == EXCHANGE and form.get("audience", "").startswith("identitynamespace:"):
        return await _exchange_in_cluster(cloud, form)
    elif kind == EXCHANGE:
        problem = _exchange(form)
    else:
        return _refuse("unsupported_grant_type", f"Invalid grant_type: {kind}")
    if problem:
        return _refuse("invalid_grant", problem)
    granted = {"access_token": cloud.token, "expires_in": LIFETIME, "token_type": "Bearer"}
    if kind == EXCHANGE:
        granted |= {"issued_token_type": ISSUED}
    return 200, granted


async def _exchange_in_cluster(cloud: Cloud, form: dict[str, str]) -> Answer:
    """Workload Identity Federation for GKE: the cluster is on this machine, so its token is checked."""
    problem = _incomplete(form)
    if not problem and form["subject_token_type"] != JWT:
        problem = f"Invalid value for subject_token_type: {form['subject_token_type']}."
    if problem:
        return _refuse("invalid_grant", problem)
    try:
        asked = cluster_of(cloud, form["audience"])
        issuer = await asyncio.to_thread(cloud.issuer, asked["name"])
        if issuer is None:
            raise Refused(f"Error connecting to the given credential's issuer: {asked['name']} does not run.")
        now = cloud.clock()
        who, expires = workload(asked, issuer, form["subject_token"], now)
    except Refused as refused:
        return _refuse("invalid_grant", str(refused))
    until = min(expires, now + LIFETIME)
    token = cloud.grants.give(who, now, until)
    seconds = int(until - now)
    return 200, {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "issued_token_type": ISSUED}


def _refuse(error: str, description: str) -> Answer:
    return 400, {"error": error, "error_description": description}


def _incomplete(form: dict[str, str]) -> str | None:
    if not form.get("subject_token"):
        return "The subject token is missing."
    if form.get("subject_token_type") not in SUBJECTS:
        return f"Invalid value for subject_token_type: {form.get('subject_token_type', '')}."
    if form.get("requested_token_type") != ISSUED:
        return f"Invalid value for requested_token_type: {form.get('requested_token_type', '')}."
    if not form.get("scope"):
        return "The scope is missing."
    return None


def _exchange(form: dict[str, str]) -> str | None:
    """Workload identity federation; the foreign token itself is not checked: its issuer is not on this machine."""
    problem = _incomplete(form)
    if problem:
        return problem
    audience = form.get("audience", "")
    if not audience.startswith("//iam.googleapis.com/projects/") or "/workloadIdentityPools/" not in audience:
        return f"Invalid value for audience: {audience}."
    return None


def _assertion(cloud: Cloud, text: str) -> str | None:
    """What is wrong with a service account's signed assertion, or None. https://www.rfc-editor.org/rfc/rfc7523"""
    try:
        token = jwt.parse(text)
    except jwt.InvalidToken as invalid:
        return f"Invalid JWT: {invalid}."
    keys = _keys(cloud, str(token.claims.get("iss")))
    key = next((item for item in keys if item.name == token.header.get("kid")), None)
    if key is None:
        return "Invalid grant: account not found or its key was deleted."
    public = serialization.load_pem_public_key(key.meta["public"].encode())
    if not isinstance(public, rsa.RSAPublicKey):
        return "Invalid JWT Signature."
    try:
        token.verify(public)
    except jwt.InvalidToken:
        return "Invalid JWT Signature."
    now, issued, expires = cloud.clock(), jwt.seconds(token.claims.get("iat")), jwt.seconds(token.claims.get("exp"))
    if issued is None or expires is None or not issued - SKEW <= now <= expires + SKEW:
        return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    return None


def _keys(cloud: Cloud, email: str) -> list[Resource]:
    return [item for item in cloud.store.of_kind("iam.key") if item.meta["email"] == email]
