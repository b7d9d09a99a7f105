"""From a question to an answer: the zone, the record set, the routing policy. Pure over the records given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

MAX_CHAIN = 8

Body = Mapping[str, Any]
# The data of a record set for this client, its routing policy followed.
Data = Callable[[Body], list[str]]


@dataclass
class Answer:
    """Record sets as (name, type, ttl, data) and a response code."""

    code: Literal["NOERROR", "NXDOMAIN", "REFUSED"]
    records: list[tuple[str, str, int, list[str]]] = field(default_factory=list)
    authority: list[tuple[str, str, int, list[str]]] = field(default_factory=list)


def zone_of(name: str, zones: Iterable[Body]) -> Body | None:
    """The most specific zone that holds a name; a private one before a public one of the same domain."""
    holding = [zone for zone in zones if name == zone["dnsName"] or name.endswith("." + zone["dnsName"])]
    return max(holding, key=lambda zone: (len(zone["dnsName"]), zone.get("visibility") == "private"), default=None)


def answer(
    name: str, kind: str, zones: Sequence[Body], records: Callable[[Body], Sequence[Body]], data: Data
) -> Answer:
    """The answer to `name kind`; `records` gives a zone's record sets. CNAMEs within our zones are followed."""
    name = name.lower()
    result = Answer("NOERROR")
    for _turn in range(MAX_CHAIN):
        zone = zone_of(name, zones)
        if zone is None:
            return result if result.records else Answer("REFUSED")
        sets = list(records(zone))
        found = _at(name, sets)
        alias = next((item for item in found if item["type"] == "CNAME"), None)
        if alias is not None and kind not in ("CNAME", "ANY"):
            target = data(alias)
            result.records.append((name, "CNAME", int(alias["ttl"]), target))
            name = target[0].lower()
            continue
        chosen = [item for item in found if kind in (item["type"], "ANY")]
        result.records += [(name, item["type"], int(item["ttl"]), data(item)) for item in chosen]
        if not chosen:
            result.code = "NOERROR" if found or _has_children(name, sets) or result.records else "NXDOMAIN"
            result.authority = _soa(zone, sets, data)
        return result
    return result


def _at(name: str, sets: Sequence[Body]) -> list[Body]:
    """The record sets of a name, or of the wildcard that covers it."""
    exact = [item for item in sets if item["name"].lower() == name]
    if exact or _has_children(name, sets):
        return exact
    parent = name.partition(".")[2]
    while parent:
        wild = [item for item in sets if item["name"].lower() == f"*.{parent}"]
        if wild:
            return wild
        if any(item["name"].lower() == parent for item in sets):
            return []
        parent = parent.partition(".")[2]
    return []


def _has_children(name: str, sets: Sequence[Body]) -> bool:
    return any(item["name"].lower().endswith("." + name) for item in sets)


def _soa(zone: Body, sets: Sequence[Body], data: Data) -> list[tuple[str, str, int, list[str]]]:
    return [
        (item["name"], "SOA", min(300, int(item["ttl"])), data(item))
        for item in sets
        if item["type"] == "SOA" and item["name"] == zone["dnsName"]
    ]
