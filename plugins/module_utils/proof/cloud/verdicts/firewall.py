# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Firewall rules as they take effect: what still lets the internet in after the rules that deny. Pure.

The lowest priority number wins, and a deny before an allow of the same: https://cloud.google.com/firewall/docs/firewalls
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import Answers, Live, Promise
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import Bench
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.ways_in import service_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.google import HEALTH_CHECKS

CASE = "open to the internet"
# https://cloud.google.com/iap/docs/using-tcp-forwarding: who comes from there was authenticated by Google
IAP = "35.235.240.0/20"
_INSIDE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "240.0.0.0/4", "fc00::/7")
_DEFAULT_PRIORITY = 1000
_NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "50": "esp", "51": "ah", "132": "sctp"}
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - pylint reads it as Python 3.9


def cells(bench: Bench, answers: Answers, promise: Promise) -> Iterator[Cell]:
    """A failure for each rule that lets in who is neither inside, nor Google, nor declared."""
    answer = answers.of("firewalls")
    allowed = {entry.name for entry in promise.named("firewall")}
    services = {entry.name for entry in promise.named("service")}
    known = list(map(ipaddress.ip_network, (*_INSIDE, *HEALTH_CHECKS, IAP, *promise.trusted_ranges)))
    live = [rule for rule in answer.items if not rule.get("disabled") and rule.get("direction") != "EGRESS"]
    found = []
    for rule in live:
        if rule.get("name") in allowed or service_of(rule) in services:
            continue
        opened = list(_opened(rule, [other for other in live if other.get("denied")], known))
        if opened:
            what = f"{', '.join(opened)} to {_targets(rule)} in {_network(rule)}"
            found.append(
                (f"firewall {rule.get('name')}", what, "no rule before it denies that, and nobody declares it")
            )
    yield from bench.none_of(answer, "firewall rules", CASE, found)


def _opened(rule: Live, denies: Sequence[Live], known: Sequence[Network]) -> Iterator[str]:
    """``tcp:22 from 0.0.0.0/0``, for each source and protocol that is let in from outside."""
    for source in _sources(rule):
        network = ipaddress.ip_network(source, strict=False)
        if any(_within(network, other) for other in known):
            continue
        for entry in rule.get("allowed") or ():
            if not any(_before(deny, rule) and _denies(deny, network, entry) for deny in denies):
                yield f"{_protocol(entry)}:{','.join(entry.get('ports') or ['any'])} from {source}"


def _sources(rule: Live) -> list[str]:
    """The ranges; a rule without any source is one from everywhere."""
    inner = rule.get("sourceTags") or rule.get("sourceServiceAccounts")
    return list(rule.get("sourceRanges") or ([] if inner else ["0.0.0.0/0"]))


def _before(deny: Live, rule: Live) -> bool:
    """Whether a deny comes first, at every machine that the rule is about."""
    if _network(deny) != _network(rule) or deny.get("destinationRanges") or _priority(deny) > _priority(rule):
        return False
    kinds = ("targetTags", "targetServiceAccounts")
    if not any(deny.get(kind) for kind in kinds):
        return True
    return any(rule.get(kind) and set(rule[kind]) <= set(deny.get(kind) or ()) for kind in kinds)


def _denies(deny: Live, source: Network, entry: Mapping[str, Any]) -> bool:
    if not any(_within(source, ipaddress.ip_network(other, strict=False)) for other in _sources(deny)):
        return False
    return any(
        _protocol(refused) == "all"
        or (_protocol(refused) == _protocol(entry) and _covers(refused.get("ports") or (), entry.get("ports") or ()))
        for refused in deny["denied"]
    )


def _covers(refused: Sequence[str], ports: Sequence[str]) -> bool:
    """Whether every port is among those that one range refuses; none given are all."""
    spans = [_span(text) for text in refused] or [(0, 65535)]
    asked = [_span(text) for text in ports] or [(0, 65535)]
    return all(any(low <= first and last <= high for low, high in spans) for first, last in asked)


def _span(text: str) -> tuple[int, int]:
    first, _dash, last = str(text).partition("-")
    return int(first), int(last or first)


def _within(one: Network, other: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return one.subnet_of(other)
    return isinstance(one, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network) and one.subnet_of(other)


def _protocol(entry: Mapping[str, Any]) -> str:
    name = str(entry.get("IPProtocol", "all")).lower()
    return _NAMES.get(name, name)


def _priority(rule: Live) -> int:
    return int(rule.get("priority", _DEFAULT_PRIORITY))


def _network(rule: Live) -> str:
    return str(rule.get("network")).rpartition("/")[2]


def _targets(rule: Live) -> str:
    return ", ".join([*(rule.get("targetTags") or ()), *(rule.get("targetServiceAccounts") or ())]) or "every machine"
