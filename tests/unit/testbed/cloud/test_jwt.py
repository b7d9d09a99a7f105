"""JSON web tokens: what is read, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from testbed.cloud.web import jwt

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CLAIMS = {"iss": "i", "exp": 1}


def encoded(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(key: rsa.RSAPrivateKey = KEY, header: Any = None, claims: Any = None) -> str:
    parts = (header or {"alg": "RS256", "kid": "k"}, CLAIMS if claims is None else claims)
    text = ".".join(map(encoded, parts))
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def jwk(key: rsa.RSAPrivateKey = KEY, **other: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    parts = {"n": encoded(numbers.n.to_bytes(256)), "e": encoded(numbers.e.to_bytes(3))}
    return {"kty": "RSA", "kid": "k", **parts, **other}


def test_a_token_holds_against_its_key() -> None:
    token = jwt.parse(signed())
    assert (token.header["kid"], token.claims) == ("k", CLAIMS)
    token.verify(KEY.public_key())
    token.verify(jwt.public_key(jwk()))


@pytest.mark.parametrize(
    "text",
    ["", ".", "a", "a.b", "a.b.c", "é.é.é", signed().replace(".", "", 1), signed(claims=[1]), signed(header=["a"])],
)
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(jwt.InvalidToken):
        jwt.parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (signed(OTHER), "another key's"),
        (signed() + "AA", "another key's"),
        (signed().rpartition(".")[0] + ".", "another key's"),
        (signed(header={"alg": "none"}), "not RS256"),
        (signed(header={"alg": "HS256"}), "not RS256"),
        (signed(header={"kid": "k"}), "not RS256"),
    ],
)
def test_what_the_key_did_not_sign(text: str, says: str) -> None:
    with pytest.raises(jwt.InvalidToken, match=says):
        jwt.parse(text).verify(KEY.public_key())


@pytest.mark.parametrize("key", [{}, jwk(kty="EC"), jwk(n=""), {"kty": "RSA", "n": "AQAB"}, jwk(e="AQ")])
def test_what_is_no_key(key: dict[str, Any]) -> None:
    with pytest.raises(jwt.InvalidToken):
        jwt.public_key(key)


@pytest.mark.parametrize(("value", "expected"), [(1, 1.0), (1.5, 1.5), ("1", None), (True, None), (None, None)])
def test_times(value: object, expected: float | None) -> None:
    assert jwt.seconds(value) == expected
