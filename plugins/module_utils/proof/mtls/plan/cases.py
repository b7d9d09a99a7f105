# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ways in which a caller can be wrong, as data: what it presents, and how a sidecar counts its refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Presents = Literal[
    "nothing", "own", "of_untrusted_ca", "expired", "not_yet_valid", "of_other_trust_domain", "of_other_account"
]
Expected = Literal["allowed", "refused", "forbidden", "permitted", "silence", "kept away"]
Payload = Literal["http/1.1", "h2", "raw", "nothing"]
MODERN = ("1.2", "1.3")
ANY = ("any",)  # a client that speaks every version: no server is missed for the one that was tried


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of caller. ``versions`` are the TLS versions to try, empty for plain TCP.

    ``counters`` are the ends of the names of the Envoy counters, any of which a refusal raises on the inbound
    listener. Cases that share a counter have equal sets, so that each attempt needs a count of its own.
    ``payload`` is what the caller says first; ``variant`` tells cases of one name, and one exception, apart.
    """

    name: str
    expected: Expected
    presents: Presents
    versions: tuple[str, ...]
    counters: tuple[str, ...] = ()
    payload: Payload = "http/1.1"
    variant: str = ""

    @property
    def waits(self) -> bool:
        """Whether silence is the answer that is expected, so that asking again would change nothing."""
        return self.expected in ("silence", "kept away")


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
# The proxy counts what its AuthorizationPolicies refuse, of HTTP and of TCP.
DENIED = ("rbac.denied",)
WRONG_ACCOUNT = Case("wrong_service_account", "forbidden", "of_other_account", MODERN)
OLD_TLS = Case("old_tls", "refused", "own", ("1.1",), ("ssl.connection_error",))

# What a listener takes for a protocol of its own, and a client that waits for a server to speak first.
PLAINTEXT_VARIANTS = (
    replace(PLAINTEXT, variant="h2c", payload="h2"),
    replace(PLAINTEXT, variant="raw", payload="raw"),
    replace(PLAINTEXT, variant="silent", expected="silence", payload="nothing", counters=()),
)
# Tried with each offer of ALPN and server name: what a proxy chooses its filter chain by.
VARIED = (replace(NO_CERTIFICATE, versions=ANY), replace(WRONG_CA, versions=ANY))
APPLICATION_PROTOCOLS = (None, "http/1.1", "h2", "istio", "istio-http/1.1", "istio-peer-exchange")

# What an impostor of a workload may try; and what somebody who has no identity at all may try.
IMPOSTOR = (PLAINTEXT, NO_CERTIFICATE, WRONG_CA, EXPIRED, NOT_YET_VALID, WRONG_TRUST_DOMAIN, OLD_TLS)
OUTSIDER = (PLAINTEXT, NO_CERTIFICATE, WRONG_CA)
UNDECLARED = (PLAINTEXT, NO_CERTIFICATE)

# Calls that go through the caller's own sidecar are plain HTTP as far as the probe can see.
VIA_SIDECAR = Case("valid_via_sidecar", "allowed", "own", ())
POD_IP = Case("pod_ip_via_sidecar", "refused", "own", (), NO_CHAIN)
FORBIDDEN_VIA_SIDECAR = Case("forbidden_via_sidecar", "forbidden", "own", (), DENIED)

# Where callers are declared, every identity tries every request that is declared for anybody.
PERMITTED_REQUEST = Case("request", "permitted", "own", ("1.3",))
FORBIDDEN_REQUEST = Case("request", "forbidden", "own", ("1.3",), DENIED)
UNDECLARED_ACCOUNT = replace(WRONG_ACCOUNT, counters=DENIED)
KEPT_AWAY = Case("kept_away_by_network_policy", "kept away", "own", ())
