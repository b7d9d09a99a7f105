# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The desired certificate: options read into values that can be compared and built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore, parse_span
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import (
    ALGORITHMS,
    DEFAULT_ALGORITHM,
    Algorithm,
    find_algorithm,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import (
    NO_NAMES,
    Names,
    parse_names,
    parse_subtrees,
)

with suppress(ImportError):  # see libraries.require
    from cryptography import x509
    from cryptography.x509.oid import NameOID

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
# By RFC 5280, section 4.2.1.12.
EXTENDED_USAGES = {
    "server_auth": "1.3.6.1.5.5.7.3.1",
    "client_auth": "1.3.6.1.5.5.7.3.2",
    "code_signing": "1.3.6.1.5.5.7.3.3",
    "email_protection": "1.3.6.1.5.5.7.3.4",
    "time_stamping": "1.3.6.1.5.5.7.3.8",
    "ocsp_signing": "1.3.6.1.5.5.7.3.9",
}
CA_USAGES = frozenset({"key_cert_sign", "crl_sign"})
LEAF_USAGES = frozenset({"digital_signature"})
A_THIRD = RenewBefore(share=0.33)


@dataclass(frozen=True, slots=True)
class Authority:
    """That a certificate may sign others, through at most ``path_length`` further authorities (None: any number)."""

    path_length: int | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """One certificate as it is declared; who issues it and where it is kept are not a part of it."""

    name: str
    common_name: str = ""
    organization: str = ""
    names: Names = NO_NAMES
    algorithm: Algorithm = ALGORITHMS[DEFAULT_ALGORITHM]
    usages: frozenset[str] = LEAF_USAGES
    extended_usages: frozenset[str] = frozenset({"server_auth"})
    authority: Authority | None = None
    permitted: Names = NO_NAMES
    excluded: Names = NO_NAMES
    validity: timedelta = timedelta(days=90)
    renew_before: RenewBefore = A_THIRD

    def subject(self) -> x509.Name:
        attributes = []
        if self.organization:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization))
        if self.common_name:
            attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, self.common_name))
        return x509.Name(attributes)


def parse_desired(option: str, options: Mapping[str, Any]) -> Desired:
    """Read one entry of ``certificates``; ``option`` names it in errors."""
    name = options["name"]
    algorithm = find_algorithm(
        f"{option}.key.algorithm", (options.get("key") or {}).get("algorithm") or DEFAULT_ALGORITHM
    )
    authority = _authority(option, options.get("ca"))
    names = parse_names(option, options)
    constraints = options.get("name_constraints") or {}
    desired = Desired(
        name=name,
        common_name=options.get("common_name") or "",
        organization=options.get("organization") or "",
        names=names,
        algorithm=algorithm,
        usages=_usages(option, options.get("usages"), algorithm, authority),
        extended_usages=_extended(option, options.get("extended_usages"), authority),
        authority=authority,
        permitted=parse_subtrees(f"{option}.name_constraints.permitted", constraints.get("permitted") or {}),
        excluded=parse_subtrees(f"{option}.name_constraints.excluded", constraints.get("excluded") or {}),
        validity=parse_span(f"{option}.validity", options.get("validity") or "90d"),
        renew_before=RenewBefore.parse(f"{option}.renew_before", options.get("renew_before") or "33%"),
    )
    _check(option, desired, mesh_leaf=bool(options.get("mesh_leaf")))
    return desired


def _check(option: str, desired: Desired, *, mesh_leaf: bool) -> None:
    if not (desired.common_name or desired.organization or desired.names):
        raise OptionError(f"{option}: found neither common_name nor a name in dns, ips, uris, emails; expected one")
    if desired.authority is not None and not list(desired.subject()):
        raise OptionError(
            f"{option}: found an authority with neither common_name nor organization, expected one: verifiers refuse "
            "an issuer without a name"
        )
    if len(desired.common_name.encode()) > 64:
        raise OptionError(
            f"{option}.common_name: found {len(desired.common_name.encode())} bytes in UTF-8, expected at most 64 "
            "(X.509's limit)"
        )
    if len(desired.organization) > 64:
        raise OptionError(
            f"{option}.organization: found {len(desired.organization)} characters, expected at most 64 (X.509's limit)"
        )
    for field in ("common_name", "organization"):
        if not getattr(desired, field).isprintable():
            raise OptionError(f"{option}.{field}: found a control character, expected printable text")
    if (desired.permitted or desired.excluded) and desired.authority is None:
        raise OptionError(f"{option}.name_constraints: found them on a leaf, expected them only beside ca")
    desired.renew_before.check(f"{option}.renew_before", desired.validity)
    if mesh_leaf and desired.algorithm.name == "ed25519":
        raise OptionError(
            f'{option}.key.algorithm: found "ed25519" for a mesh leaf, expected ecdsa-p256, ecdsa-p384 or an RSA key: '
            "Envoy's TLS offers no Ed25519 signature by default, so the handshake with such a leaf fails"
        )
    if mesh_leaf and desired.authority is not None:
        raise OptionError(f"{option}.mesh_leaf: found it beside ca, expected a certificate that signs nothing")


def _authority(option: str, options: Mapping[str, Any] | None) -> Authority | None:
    if options is None:
        return None
    length = options.get("path_length")
    if length is not None and not 0 <= length <= 255:
        raise OptionError(f"{option}.ca.path_length: found {length}, expected 0 or more, at most 255")
    return Authority(length)


def _usages(
    option: str, values: Iterable[str] | None, algorithm: Algorithm, authority: Authority | None
) -> frozenset[str]:
    if not values:
        if authority is not None:
            return CA_USAGES
        return LEAF_USAGES | {"key_encipherment"} if algorithm.name.startswith("rsa") else LEAF_USAGES
    found = _known(f"{option}.usages", values, USAGES)
    if ("key_cert_sign" in found) != (authority is not None):
        raise OptionError(f"{option}.usages: found {_show(found)}, expected key_cert_sign exactly where ca is given")
    if found & {"encipher_only", "decipher_only"} and "key_agreement" not in found:
        raise OptionError(
            f"{option}.usages: found {_show(found)}, expected key_agreement beside encipher/decipher_only"
        )
    return found


def _extended(option: str, values: Iterable[str] | None, authority: Authority | None) -> frozenset[str]:
    if values is None:
        return frozenset() if authority is not None else frozenset({"server_auth"})
    return _known(f"{option}.extended_usages", values, EXTENDED_USAGES)


def _known(option: str, values: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    found = frozenset(values)
    unknown = found - frozenset(known)
    if unknown:
        raise OptionError(f"{option}: found {_show(unknown)}, expected of {', '.join(known)}")
    return found


def _show(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
