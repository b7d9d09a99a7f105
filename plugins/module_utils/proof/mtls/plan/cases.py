# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ways in which a caller can be wrong, as data: what it presents, and how a sidecar counts its refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Presents = Literal[
    "nothing", "own", "of_untrusted_ca", "expired", "not_yet_valid", "of_other_trust_domain", "of_other_account"
]
Expected = Literal["allowed", "refused", "forbidden"]
MODERN = ("1.2", "1.3")


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of caller. ``versions`` are the TLS versions to try, empty for plain TCP.

    ``counters`` are the ends of the names of the Envoy counters, any of which a refusal raises on the inbound
    listener. Cases that share a counter have equal sets, so that each attempt needs a count of its own.
    """

    name: str
    expected: Expected
    presents: Presents
    versions: tuple[str, ...]
    counters: tuple[str, ...] = ()


NO_CHAIN = ("no_filter_chain_match",)
# A CA with name constraints refuses a foreign trust domain as a bad chain, before the names are compared.
BAD_CERTIFICATE = ("ssl.fail_verify_error", "ssl.fail_verify_san")

VALID = Case("valid", "allowed", "own", MODERN)
PLAINTEXT = Case("plaintext", "refused", "nothing", (), NO_CHAIN)
NO_CERTIFICATE = Case("no_client_certificate", "refused", "nothing", MODERN, ("ssl.fail_verify_no_cert",))
WRONG_CA = Case("wrong_ca", "refused", "of_untrusted_ca", MODERN, BAD_CERTIFICATE)
EXPIRED = Case("expired", "refused", "expired", MODERN, BAD_CERTIFICATE)
NOT_YET_VALID = Case("not_yet_valid", "refused", "not_yet_valid", MODERN, BAD_CERTIFICATE)
WRONG_TRUST_DOMAIN = Case("wrong_trust_domain", "refused", "of_other_trust_domain", MODERN, BAD_CERTIFICATE)
WRONG_ACCOUNT = Case("wrong_service_account", "forbidden", "of_other_account", MODERN)
OLD_TLS = Case("old_tls", "refused", "own", ("1.1",), ("ssl.connection_error",))

# What an impostor of a workload may try; and what somebody who has no identity at all may try.
IMPOSTOR = (PLAINTEXT, NO_CERTIFICATE, WRONG_CA, EXPIRED, NOT_YET_VALID, WRONG_TRUST_DOMAIN, OLD_TLS)
OUTSIDER = (PLAINTEXT, NO_CERTIFICATE, WRONG_CA)
UNDECLARED = (PLAINTEXT, NO_CERTIFICATE)

# Calls that go through the caller's own sidecar are plain HTTP as far as the probe can see.
VIA_SIDECAR = Case("valid_via_sidecar", "allowed", "own", ())
POD_IP = Case("pod_ip_via_sidecar", "refused", "own", (), NO_CHAIN)
