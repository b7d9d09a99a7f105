# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An endpoint held against an expectation: chain, names, expiry, versions, ciphers, answer, redirect, HSTS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import (
    VERSIONS,
    Endpoint,
    Observation,
    hsts_seconds,
)

PROOF = "tls"
UNREACHED = Judgement("inconclusive", "not reached", "no TLS version brought a handshake, so nothing can be said")

UNREADABLE = Judgement("inconclusive", "unreadable", "a certificate that it presents is malformed")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an endpoint must be. ``redirect`` and ``hsts_min_seconds`` None mean that nothing is expected."""

    names: tuple[str, ...]
    min_days: float
    min_version: str
    status: int
    body: str | None
    redirect: bool | None
    hsts_min_seconds: int | None


Rule = Callable[[Endpoint, Expectation, Observation, Sequence[Mapping[str, Any]]], tuple[str, str, Judgement]]


def cells_of(
    cluster: str,
    endpoint: Endpoint,
    expectation: Expectation,
    observation: Observation,
    chain: Sequence[Mapping[str, Any]],
) -> list[Cell]:
    """Every cell of an endpoint; ``chain`` is the decoded form of what it sent."""
    rows = [_chain, _names, _expiry, _weak, _answer]
    found = [row(endpoint, expectation, observation, chain) for row in rows]
    found += [_version(expectation, observation, version) for version in VERSIONS]
    if expectation.redirect is not None:
        found.append(_redirect(endpoint, expectation, observation))
    if expectation.hsts_min_seconds is not None:
        found.append(_hsts(expectation.hsts_min_seconds, observation))
    evidence = _evidence(endpoint, observation, chain)
    target = f"{endpoint.name} ({endpoint.server_name}:{endpoint.port})"
    return [
        judgement.cell(PROOF, cluster, "controller", target, case, expected, evidence)
        for case, expected, judgement in found
    ]


def _chain(
    endpoint: Endpoint, _unused: Expectation, observation: Observation, chain: Sequence[Mapping[str, Any]]
) -> tuple[str, str, Judgement]:
    case, expected = "chain", f"a chain to the given CA for {endpoint.server_name}"
    if not observation.reached:
        return case, expected, UNREACHED
    if observation.verified:
        issuer = chain[0]["issuer"] if chain else "nobody"
        return case, expected, Judgement("fail", observation.verified, f"the certificate was issued by {issuer}")
    return case, expected, Judgement("pass", "verified", "")


def _names(
    _unused: Endpoint, expectation: Expectation, observation: Observation, chain: Sequence[Mapping[str, Any]]
) -> tuple[str, str, Judgement]:
    case, expected = "names", ", ".join(expectation.names)
    if not chain:
        return case, expected, UNREADABLE if observation.reached else UNREACHED
    found = {name.lower() for name in chain[0]["dns"]} | set(chain[0]["ips"])
    missing = [name for name in expectation.names if name not in found and not _by_wildcard(name, found)]
    seen = ", ".join(sorted(found)) or "none"
    if missing:
        return case, expected, Judgement("fail", seen, f"missing: {', '.join(missing)}")
    return case, expected, Judgement("pass", seen, "")


def _by_wildcard(name: str, found: set[str]) -> bool:
    return f"*.{name.partition('.')[2]}" in found


def _expiry(
    _unused: Endpoint, expectation: Expectation, observation: Observation, chain: Sequence[Mapping[str, Any]]
) -> tuple[str, str, Judgement]:
    case, expected = "expiry", f"at least {expectation.min_days:g} days left"
    if not chain:
        return case, expected, UNREADABLE if observation.reached else UNREACHED
    soonest = min(chain, key=lambda certificate: float(certificate["days_left"]))
    seen = f"{soonest['days_left']:g} days left"
    if soonest["days_left"] < expectation.min_days:
        which = soonest["subject"] or soonest["serial"]
        return case, expected, Judgement("fail", seen, f"{which} ends on {soonest['not_after']}")
    return case, expected, Judgement("pass", seen, "")


def _version(expectation: Expectation, observation: Observation, version: str) -> tuple[str, str, Judgement]:
    handshake = observation.handshakes[version]
    case, modern = f"tls{version}", version >= expectation.min_version
    expected = "spoken" if modern else "refused"
    if not observation.reached:
        return case, expected, UNREACHED
    if handshake.version is not None:
        seen = f"spoken with {handshake.cipher}"
        return case, expected, Judgement("pass", seen, "") if modern else Judgement("fail", seen, "too old")
    if handshake.error == "timeout" or not handshake.reached:
        return case, expected, Judgement("inconclusive", str(handshake.error), "no answer to this version")
    seen = f"refused: {handshake.error}"
    # Only the newest is required: a server may well be stricter than the floor.
    return (
        case,
        expected,
        Judgement("fail", seen, "the newest version is not spoken")
        if version == "1.3"
        else Judgement("pass", seen, "stricter than required" if modern else ""),
    )


def _weak(
    _unused: Endpoint, __: Expectation, observation: Observation, ___: Sequence[Mapping[str, Any]]
) -> tuple[str, str, Judgement]:
    case, expected, weak = "weak_ciphers", "refused", observation.weak
    if not observation.reached:
        return case, expected, UNREACHED
    if weak.version is not None:
        return case, expected, Judgement("fail", f"agreed on {weak.cipher}", "no forward secrecy, or a broken cipher")
    if weak.error == "timeout" or not weak.reached:
        return case, expected, Judgement("inconclusive", str(weak.error), "no answer to an offer of weak ciphers")
    return case, expected, Judgement("pass", f"refused: {weak.error}", "")


def _answer(
    endpoint: Endpoint, expectation: Expectation, observation: Observation, _unused: Sequence[Mapping[str, Any]]
) -> tuple[str, str, Judgement]:
    answer = observation.answer
    expected = f"{expectation.status}" + (f" {expectation.body!r}" if expectation.body is not None else "")
    case = f"GET {endpoint.path}"
    if answer.error is not None:
        return case, expected, Judgement("fail", answer.error, "the endpoint did not answer a careful client")
    seen = f"{answer.status} {answer.body.strip()[:60]!r}"
    right = answer.status == expectation.status and expectation.body in (None, answer.body.strip())
    return case, expected, Judgement("pass", seen, "") if right else Judgement("fail", seen, "another answer")


def _redirect(endpoint: Endpoint, expectation: Expectation, observation: Observation) -> tuple[str, str, Judgement]:
    plain = observation.plain
    case = f"plain HTTP on {endpoint.plain_port}"
    if not expectation.redirect:
        closed = plain is None or plain.error is not None
        return (
            case,
            "closed",
            Judgement("pass", plain.error or "closed", "")
            if plain and closed
            else Judgement("fail", f"answered {plain.status}" if plain else "not requested", "plain HTTP is answered"),
        )
    expected = "redirect to https"
    if plain is None or plain.error is not None:
        return case, expected, Judgement("fail", plain.error or "no answer" if plain else "not requested", "")
    location = plain.headers.get("location", "")
    seen = f"{plain.status} {location}".strip()
    right = plain.status in (301, 302, 307, 308) and location.lower().startswith("https://")
    return case, expected, Judgement("pass", seen, "") if right else Judgement("fail", seen, "not a redirect to https")


def _hsts(minimum: int, observation: Observation) -> tuple[str, str, Judgement]:
    case, expected = "hsts", f"max-age of at least {minimum}"
    if observation.answer.error is not None:
        return case, expected, Judgement("inconclusive", observation.answer.error, "there was no answer to look at")
    found = hsts_seconds(observation.answer)
    seen = "no header" if found is None else f"max-age={found}"
    return case, expected, Judgement("pass" if found is not None and found >= minimum else "fail", seen, "")


def _evidence(endpoint: Endpoint, observation: Observation, chain: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "address": endpoint.address,
        "chain": [{"subject": c["subject"], "issuer": c["issuer"], "not_after": c["not_after"]} for c in chain],
        "versions": {version: h.cipher or h.error for version, h in observation.handshakes.items()},
        "status": observation.answer.status,
    }
