# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Private keys: which algorithms there are, how one is made, read, written and judged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

with suppress(ImportError):  # see libraries.require
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PrivateKey: TypeAlias = "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey"

MINIMUM_RSA_BITS = 2048
MINIMUM_CURVE_BITS = 256


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A way to make keys."""

    name: str
    generate: Callable[[], PrivateKey]


def _rsa(bits: int) -> Callable[[], PrivateKey]:
    return lambda: rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _ed25519() -> PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("ecdsa-p256", lambda: ec.generate_private_key(ec.SECP256R1())),
        Algorithm("ecdsa-p384", lambda: ec.generate_private_key(ec.SECP384R1())),
        Algorithm("rsa-2048", _rsa(2048)),
        Algorithm("rsa-3072", _rsa(3072)),
        Algorithm("rsa-4096", _rsa(4096)),
        Algorithm("ed25519", _ed25519),
    )
}
DEFAULT_ALGORITHM = "ecdsa-p256"


def find_algorithm(option: str, name: str) -> Algorithm:
    try:
        return ALGORITHMS[name]
    except KeyError:
        raise OptionError(f'{option}: found "{name}", expected one of {", ".join(ALGORITHMS)}') from None


def is_private(key: object) -> TypeGuard[PrivateKey]:
    """Whether this is a private key of a kind that certificates are made with here."""
    return isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey)


def digest_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | None:
    """The digest that a signature by this key uses: as strong as the key, and none where the key brings its own."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size > MINIMUM_CURVE_BITS:
        return hashes.SHA384()
    return hashes.SHA256()


def name_of(public_key: object) -> str:
    """The name of a public key's algorithm, in the words of ALGORITHMS where it is one of those."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"rsa-{public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        curves = {"secp256r1": "ecdsa-p256", "secp384r1": "ecdsa-p384", "secp521r1": "ecdsa-p521"}
        return curves.get(public_key.curve.name, f"ecdsa-{public_key.curve.name}")
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return "ed25519"
    return type(public_key).__name__.removesuffix("PublicKey").lower()


def weakness(public_key: object) -> str:
    """Why a key is too weak to go on with; empty when it is strong enough."""
    if isinstance(public_key, rsa.RSAPublicKey):
        if public_key.key_size < MINIMUM_RSA_BITS:
            return f"RSA with {public_key.key_size} bits, below {MINIMUM_RSA_BITS}"
        return ""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if public_key.curve.key_size < MINIMUM_CURVE_BITS:
            return f"curve {public_key.curve.name} with {public_key.curve.key_size} bits, below {MINIMUM_CURVE_BITS}"
        return ""
    return "" if isinstance(public_key, ed25519.Ed25519PublicKey) else f"a {name_of(public_key)} key"


def load_key(where: str, data: bytes, passphrase: bytes | None = None) -> PrivateKey:
    """Read a PEM private key; the error names ``where`` and never shows the content."""
    try:
        key = serialization.load_pem_private_key(data, password=passphrase)
    except TypeError:
        # The library's word for a passphrase that is missing or too much.
        found = "it encrypted, expected its passphrase" if passphrase is None else "a passphrase for a key without one"
        raise OptionError(f"{where}: found {found}") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise OptionError(
            f"{where}: found no readable private key, expected PEM"
            + (", or the passphrase is another" if passphrase else f" ({type(error).__name__})")
        ) from None
    if not is_private(key):
        raise OptionError(f"{where}: found a {type(key).__name__}, expected an ECDSA, RSA or Ed25519 key")
    return key


def key_pem(key: PrivateKey) -> bytes:
    """The key as unencrypted PKCS#8 PEM, which every consumer reads."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_bytes(public_key: object) -> bytes:
    """A public key in DER, to compare keys with."""
    return public_key.public_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def belong_together(key: PrivateKey, public_key: object) -> bool:
    """Whether a private and a public key are the two halves of one pair."""
    return public_bytes(key.public_key()) == public_bytes(public_key)
