"""JSON web tokens: taken apart, and held against a key. RFC 7515, RFC 7519."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class InvalidToken(Exception):
    """Why a token is none, or was signed by another key."""


@dataclass(frozen=True)
class Token:
    """What a token says of itself and of its bearer; nothing of it holds before `verify`."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    def verify(self, key: rsa.RSAPublicKey) -> None:
        """Raises InvalidToken unless the key's owner signed the token, with RS256."""
        if self.header.get("alg") != "RS256":
            raise InvalidToken("the algorithm is not RS256")
        try:
            key.verify(self.signature, self.signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise InvalidToken("the signature is another key's") from None


def parse(text: str) -> Token:
    """A token taken apart; raises InvalidToken for text that is none."""
    try:
        signed, _unused, signature = text.rpartition(".")
        header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        token = Token(header, claims, signed.encode("ascii"), _decoded(signature))
    except ValueError:
        raise InvalidToken("it can't be read") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidToken("its parts are not objects")
    return token


def public_key(key: Mapping[str, Any]) -> rsa.RSAPublicKey:
    """The RSA key that a JSON web key holds; raises InvalidToken for any other. RFC 7518, section 6.3"""
    try:
        if key["kty"] != "RSA":
            raise InvalidToken("the key is not RSA")
        modulus, exponent = (int.from_bytes(_decoded(str(key[name]))) for name in ("n", "e"))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except (ValueError, KeyError) as error:
        raise InvalidToken("the key is malformed") from error


def seconds(value: object) -> float | None:
    """A NumericDate, None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
