# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The two-sided rule of mutual TLS: a cell passes only when client and server agree.

A TLS 1.3 client that presents nothing, or a certificate of an untrusted CA, sees its handshake succeed; the refusal
comes on the first read. A timeout looks like a refusal and is none. So neither side alone is enough:

* *allowed* needs a nonce that came back, the caller's identity as the server saw it, and the server's identity as
  the client verified it;
* *refused* needs that no byte of the application came back, that the server counted the refusal under the right
  name, and that a good caller was answered on the same port in the same window.

Whatever else is seen is ``inconclusive``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange

FORBIDDEN = 403
NO_CONNECTION = "the caller's own proxy had no connection"
# What the callers without a good certificate got on the same port: what an answer is worth that names no identity.
Impostors = Literal["refused", "answered", "not seen"]


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How far a server-side counter rose while ``attempts`` probes that should raise it were made.

    ``rise`` is None where the server's proxy shows no such counter; ``silent`` where it did not answer at all.
    """

    name: str
    attempts: int
    rise: int | None
    silent: bool = False

    @property
    def agrees(self) -> bool:
        return self.rise is not None and self.attempts > 0 and self.rise >= self.attempts


@dataclass(frozen=True, slots=True)
class PositiveControl:
    """Whether a good caller was answered on the same port in the same window; ``detail`` says by what."""

    alive: bool
    detail: str


def judge_allowed(
    exchange: Exchange,
    client: str,
    servers: tuple[str, ...],
    impostors: Impostors = "not seen",
    *,
    verified_elsewhere: bool = False,
) -> Judgement:
    """A call that must succeed, by ``client`` to a server that holds one of ``servers``.

    ``verified_elsewhere``: the call went through the caller's sidecar, so that this exchange is plain HTTP and the
    server's certificate is looked at by the direct probe of the same port.

    A server's proxy that takes the port for plain TCP passes no identity on. What it saw then shows in what it asked
    for, and in what became of the ``impostors`` on the port.
    """
    seen = exchange.summary()
    if exchange.error is not None and exchange.error.startswith("unverified:"):
        why = exchange.error.partition(":")[2]
        return Judgement("fail", seen, f"the client does not trust the server's certificate: {why}")
    if exchange.not_reached:
        return Judgement("inconclusive", seen, "the port was not reached, so nothing was learned about its TLS")
    if exchange.refused_by_peer:
        return Judgement("fail", seen, "the server refused a caller that it must admit")
    if exchange.status == FORBIDDEN:
        return Judgement("fail", seen, "an authorization policy refused a caller that it must admit")
    if verified_elsewhere and exchange.without_upstream:
        return Judgement(
            "inconclusive", seen, f"the caller's own proxy had no connection: {exchange.body.strip()[:200]}"
        )
    if verified_elsewhere and exchange.answered_by_proxy:
        why = f"the caller's own proxy was cut off, as by a server that wants TLS: {exchange.body.strip()[:200]}"
        return Judgement("inconclusive", seen, why)
    if not exchange.nonce_returned:
        return Judgement("inconclusive", seen, "an answer came, but without the nonce that was sent")
    if exchange.seen_identity is None:
        judgement = _without_identity(exchange, impostors, verified_elsewhere=verified_elsewhere)
        if judgement.verdict != "pass" or verified_elsewhere:
            return judgement
    elif exchange.seen_identity != client:
        return Judgement("fail", seen, f"the server saw {exchange.seen_identity}, expected {client}")
    if verified_elsewhere:
        return Judgement("pass", seen, f"answered; the server saw {client}")
    if not exchange.peer_verified or not set(exchange.peer_names) & set(servers):
        names = ", ".join(exchange.peer_names) or "no name"
        return Judgement("fail", seen, f"the server's certificate carries {names}, expected {' or '.join(servers)}")
    if exchange.seen_identity is None:
        return judgement
    return Judgement("pass", seen, f"answered; the server saw {client} and holds {servers[0]}")


def _without_identity(exchange: Exchange, impostors: Impostors, *, verified_elsewhere: bool) -> Judgement:
    """An answer that says of no identity that it was seen."""
    seen, unseen = exchange.summary(), "which identity the server saw could not be read (plain TCP to its proxy)"
    if impostors == "answered" or not (verified_elsewhere or exchange.certificate_requested):
        return Judgement("fail", seen, "the server answered without having seen any client identity: not mutual TLS")
    if impostors == "not seen":
        return Judgement("inconclusive", seen, f"{unseen}, nor that callers without a good certificate are refused")
    asked = "the port refuses plain text" if verified_elsewhere else "the server asked for a certificate"
    return Judgement("pass", seen, f"answered; {asked}, and refused every other one than the mesh's; {unseen}")


def judge_refused(
    exchange: Exchange, counter: RefusalCount, control: PositiveControl, *, relayed: bool = False
) -> Judgement:
    """A call that must be refused by the server's TLS.

    ``relayed``: the call went through the caller's own sidecar, which reports the broken connection as HTTP 503;
    those bytes are not the target's, and where the sidecar had no connection, nor is the refusal.
    """
    seen = exchange.summary()
    if exchange.nonce_returned or (exchange.bytes_received > 0 and not (relayed and exchange.answered_by_proxy)):
        return Judgement("fail", seen, "the application answered a caller that must be refused")
    if exchange.error is not None and exchange.error.startswith("unverified:"):
        return Judgement("inconclusive", seen, "the client hung up first: it does not trust the server's certificate")
    if relayed and exchange.without_upstream:
        return Judgement(
            "inconclusive", seen, f"the caller's own proxy had no connection: {exchange.body.strip()[:200]}"
        )
    refused_by_peer = exchange.refused_by_peer or (relayed and exchange.bytes_received > 0)
    if not refused_by_peer:
        return Judgement("inconclusive", seen, "the attempt did not get as far as the server's TLS")
    if not control.alive:
        return Judgement("inconclusive", seen, f"no good caller was answered in the same window: {control.detail}")
    if short := _uncounted(counter):
        return Judgement("inconclusive", seen, short)
    return Judgement("pass", seen, f"no byte came back and {counter.name} rose by {counter.rise}; {control.detail}")


def judge_forbidden(
    exchange: Exchange,
    servers: tuple[str, ...],
    control: PositiveControl,
    counter: RefusalCount | None = None,
    *,
    relayed: bool = False,
) -> Judgement:
    """A call with a good certificate that the mesh must not authorize: 403 from the verified server, or no answer.

    ``counter`` None: whether the server counted the refusal is not asked. ``relayed``: the call went through the
    caller's own sidecar, which has verified the server.
    """
    seen = exchange.summary()
    if exchange.nonce_returned or (exchange.bytes_received > 0 and exchange.status != FORBIDDEN and not relayed):
        return Judgement("fail", seen, "the application answered an identity that must not call")
    closed = counter is not None and exchange.refused_by_peer and not exchange.bytes_received
    if exchange.status != FORBIDDEN and not closed:
        return Judgement("inconclusive", seen, "neither an answer nor the policy's 403 came back")
    if not relayed and not set(exchange.peer_names) & set(servers):
        return Judgement("inconclusive", seen, "the refusal is of a server that does not hold the target's identity")
    if not control.alive:
        return Judgement("inconclusive", seen, f"no good caller was answered in the same window: {control.detail}")
    if counter is not None and (short := _uncounted(counter)):
        return Judgement("inconclusive", seen, short)
    how = "403" if exchange.status == FORBIDDEN else "no answer"
    counted = f", and {counter.name} rose by {counter.rise}" if counter else ""
    return Judgement("pass", seen, f"{how} from the verified server{counted}; {control.detail}")


def judge_permitted(exchange: Exchange, servers: tuple[str, ...]) -> Judgement:
    """A request that its caller is declared to make: the application answers, whatever it says."""
    seen = exchange.summary()
    if exchange.not_reached:
        return Judgement("inconclusive", seen, "the port was not reached")
    if exchange.status == FORBIDDEN or exchange.refused_by_peer:
        return Judgement("fail", seen, "the server refused a request that its caller is declared to make")
    if not set(exchange.peer_names) & set(servers):
        names = ", ".join(exchange.peer_names) or "no name"
        return Judgement("fail", seen, f"the server's certificate carries {names}, expected {' or '.join(servers)}")
    if exchange.status is None or exchange.without_application:
        return Judgement("inconclusive", seen, "no answer of the application came back")
    return Judgement("pass", seen, "the verified server answered")


def _uncounted(counter: RefusalCount) -> str:
    """Why a count does not bear a refusal out; empty where it does."""
    if counter.silent:
        return "the target's proxy did not report its counters"
    if counter.rise is None:
        return f"the sidecar shows no {counter.name}: include it in proxyStatsMatcher.inclusionRegexps"
    if not counter.agrees:
        return f"{counter.name} rose by {counter.rise} for {counter.attempts} attempts: the server does not agree"
    return ""


def judge_silence(exchange: Exchange, control: PositiveControl) -> Judgement:
    """A client that says nothing, and waits for a server that speaks first: no byte may come."""
    seen = exchange.summary()
    if exchange.bytes_received > 0:
        return Judgement("fail", seen, "the application spoke to a caller that must be refused")
    if not exchange.connected:
        return Judgement("inconclusive", seen, "the port was not reached")
    if not control.alive:
        return Judgement("inconclusive", seen, f"no good caller was answered in the same window: {control.detail}")
    return Judgement("pass", seen, f"no byte came to a client that says nothing; {control.detail}")


def judge_kept_away(exchange: Exchange) -> Judgement:
    """A call through the caller's own sidecar that NetworkPolicies deny: whatever came, it is not the application's."""
    seen = exchange.summary()
    if exchange.nonce_returned or (exchange.bytes_received > 0 and not exchange.answered_by_proxy):
        return Judgement("fail", seen, "the application answered a caller that network policies keep away")
    if exchange.error == "not_run":
        return Judgement("inconclusive", seen, "the call was not made")
    return Judgement("pass", seen, "network policies keep the caller away, and no answer of the application came")
