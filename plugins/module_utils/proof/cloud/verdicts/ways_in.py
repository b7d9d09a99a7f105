# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the internet reaches: forwarding rules, addresses and instances that the inventory does not declare. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import described, get
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import (
    Answer,
    Answers,
    Live,
    Promise,
    Public,
    place_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import Bench
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.google import NAMES, PUBLIC, SERVICE

CASE = "reachable from outside"


def cells(bench: Bench, answers: Answers, promise: Promise) -> Iterator[Cell]:
    """A failure for each undeclared way in; a pass for each collection that has none."""
    rules, addresses, instances = (answers.of(name) for name in ("forwarding_rules", "addresses", "instances"))
    declared = _declared_addresses(addresses, promise)
    published = [(live, _published(live, declared, promise)) for live in rules.items]
    yield from bench.none_of(rules, "forwarding rules", CASE, [
        (f"forwarding_rule {place_of(live)}", f"{live.get('IPAddress')} port {ports(live)}", why)
        for live, why in published if why
    ])  # fmt: skip
    served = {str(live.get("IPAddress")) for live, why in published if not why}
    yield from bench.none_of(addresses, "addresses", CASE, [
        (f"address {place_of(live)}", str(live.get("address")), "it is public, and the inventory does not declare it")
        for live in addresses.items
        if _public(live) and str(live.get("address")) not in {*declared, *served} and not _outgoing(live)
    ])  # fmt: skip
    named = {entry.name for entry in promise.named("instance")}
    yield from bench.none_of(instances, "instances", CASE, [
        (f"instance {place_of(live)}", ", ".join(found), "it has an external address, which nobody declares")
        for live in instances.items for found in [_external(live)] if found and live.get("name") not in named
    ])  # fmt: skip


def ports(live: Live) -> str:
    """The ports of a forwarding rule as text; ``80-80`` as ``80``."""
    first, _dash, last = str(live.get("portRange") or "").partition("-")
    span = first if last in ("", first) else f"{first}-{last}"
    return span or ",".join(map(str, live.get("ports") or ())) or "any"


def service_of(live: Live) -> str:
    """The Service, as namespace/name, that GKE made a resource for; empty when its name or description is another's."""
    if not any(fnmatchcase(str(live.get("name")), pattern) for pattern in NAMES):
        return ""
    return described(live, SERVICE)


def _published(live: Live, declared: dict[str, Public], promise: Promise) -> str:
    """Why a forwarding rule is an undeclared way in; empty when it is none."""
    if live.get("loadBalancingScheme", "EXTERNAL") not in PUBLIC:
        return ""
    service = service_of(live)
    entry = declared.get(str(live.get("IPAddress"))) or next(
        (item for item in promise.named("service") if item.name == service), None
    )
    if entry is None:
        return "it publishes an address, and the inventory declares neither that nor a Service behind it"
    wrong = [port for port in ports(live).split(",") if entry.ports and port not in entry.ports]
    return f"{entry.kind} {entry.name} is declared with port {', '.join(entry.ports)} alone" if wrong else ""


def _declared_addresses(answer: Answer, promise: Promise) -> dict[str, Public]:
    """The declared addresses by what they are; a name alone, in another region, declares nothing."""
    entries = {(entry.region, entry.name): entry for entry in promise.named("address")}
    places = [(str(live.get("region") or "").rpartition("/")[2], str(live.get("name")), live) for live in answer.items]
    return {
        str(live.get("address")): entries[region, name] for region, name, live in places if (region, name) in entries
    }


def _public(live: Live) -> bool:
    return str(live.get("addressType", "EXTERNAL")) == "EXTERNAL"


def _outgoing(live: Live) -> bool:
    """Cloud NAT's, which lets nothing in: https://cloud.google.com/nat/docs/ports-and-addresses"""
    users: Sequence[str] = live.get("users") or ()
    return live.get("purpose") == "NAT_AUTO" or (bool(users) and all("/routers/" in user for user in users))


def _external(live: Live) -> list[str]:
    configs = [
        config
        for interface in live.get("networkInterfaces") or ()
        for name in ("accessConfigs", "ipv6AccessConfigs")
        for config in interface.get(name) or ()
    ]
    return [str(get(config, "natIP") or get(config, "externalIpv6") or "ephemeral") for config in configs]
