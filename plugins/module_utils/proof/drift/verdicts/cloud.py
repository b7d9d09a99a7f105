# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether the cloud is what the stacks declare: their resources, others with our names, and ways in. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import described
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import from_live
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Change
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.google import (
    GATEWAYS,
    HEALTH_CHECKS,
    NAMES,
    PROXIES,
    PUBLIC,
    RECORDS,
    SERVICE,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.declared import CASE, judge_change
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench

UNDECLARED = "undeclared"
OWNER = ("managed-by", "pingpong-platform")
# Resources whose names others are made of: <network>-nodes, <cluster>-…
_STEMS = ("network", "cluster")
Live = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """What is declared in a project, and what is live in the collections that it is in.

    ``forwarding_rules`` and ``addresses`` are those of all regions; ``services`` are the declared Services of all
    clusters as namespace/name; ``items`` the paths of what is declared; ``gaps`` what could not be planned.
    ``proxy_ranges`` are the proxy-only ranges of regions that were not planned, as the inventory declares them.
    """

    declared: Sequence[tuple[Resource, Change | None]]
    listings: Mapping[tuple[str, str], Sequence[Live]]
    forwarding_rules: Sequence[Live] = ()
    addresses: Sequence[Live] = ()
    services: Collection[str] = ()
    items: frozenset[str] = field(default=frozenset())
    gaps: Sequence[str] = ()
    proxy_ranges: Collection[str] = ()

    def addressed(self) -> set[str]:
        """The addresses that are declared."""
        return {str(live.get("address")) for live in self.addresses if _path(live) in self.items}

    def proxies(self) -> set[str]:
        """The ranges of the declared proxy-only subnetworks."""
        live = [item for (kind, _place), items in self.listings.items() if kind == "subnetwork" for item in items]
        planned = {str(item.get("ipCidrRange")) for item in live
                   if item.get("purpose") in PROXIES and _path(item) in self.items}  # fmt: skip
        return planned | set(self.proxy_ranges)


def cloud_cells(bench: Bench, project: Project, changes: Iterable[Change]) -> Iterator[Cell]:
    """A cell for each declared resource and each undeclared one; one for each collection that has none of these."""
    for resource, change in project.declared:
        judgement = judge_change(change) if change else Judgement("pass", CASE, "by its stack's plan")
        yield bench.cell(judgement, name_of(resource), CASE, CASE)
    for change in changes:
        yield bench.cell(judge_change(change), change.subject, CASE, CASE)
    gaps = project.gaps
    samples = {(resource.kind.name, resource.collection): resource for resource, _unused in project.declared}
    for place, items in sorted(project.listings.items()):
        found = []
        for live in items:
            resource = from_live(samples[place], live)
            why = undeclared(resource, live, project)
            found += [(name_of(resource), why)] if why else []
        yield from none_of(bench, gaps, f"{place[0]} in {place[1].partition('projects/')[2]}", found, len(items))
    published = [(f"forwarding_rule {_place(live)}", _published(live, project)) for live in project.forwarding_rules]
    yield from none_of(bench, gaps, "forwarding_rule", [(n, why) for n, why in published if why], len(published))
    reserved = [(f"address {_place(live)}", _reserved(live, project)) for live in project.addresses]
    yield from none_of(bench, gaps, "public address", [(n, why) for n, why in reserved if why], len(reserved))


def none_of(
    bench: Bench, unplanned: Sequence[str], kind: str, found: Iterable[tuple[str, str]], seen: int
) -> Iterator[Cell]:
    """A failure for each ``(target, reason)`` found, or one pass; unknown while something could not be planned."""
    drifted = list(found)
    gaps = "; ".join(unplanned)
    for target, why in drifted:
        judgement = Judgement("fail", "undeclared resource", why)
        if gaps:
            judgement = Judgement("inconclusive", "undeclared resource", f"{why}; {gaps}")
        yield bench.cell(judgement, target, UNDECLARED, "declared")
    if not drifted:
        none = Judgement("inconclusive" if gaps else "pass", "none", gaps or f"{seen} live")
        yield bench.cell(none, kind, UNDECLARED, "none")


def name_of(resource: Resource) -> str:
    """``subnetwork europe-west1/pingpong-nodes``."""
    apart = ("project", *resource.kind.body_locators)
    place = [value for name, value in sorted(resource.place.items()) if name not in apart]
    return f"{resource.kind.name} {'/'.join([*place, resource.name])}"


def undeclared(resource: Resource, live: Live, project: Project) -> str:
    """Why a live resource that no stack declares is drift; empty when it is declared, Google's, or somebody else's."""
    if resource.item in project.items:
        return ""
    if resource.kind.name == "firewall":
        return _firewall(resource, live, project)
    if resource.kind.name == "address":
        return ""
    if resource.kind.name == "dns_record" and any(
        (live.get("type"), True) == (kind, resource.name.startswith(start)) for kind, start in RECORDS
    ):
        return ""
    # A policy has the path of what it is the policy of, and contains nothing.
    holders = (other for other, _unused in project.declared if other.kind.planner != "policy")
    inside = next((other for other in holders if resource.item.startswith(f"{other.item}/")), None)
    if inside is not None:
        return f"it is inside {name_of(inside)}, and nothing that was planned declares it"
    labels = live.get(resource.kind.labels or "") or {}
    if isinstance(labels, dict) and labels.get(OWNER[0]) == OWNER[1]:
        return "it carries our labels, and nothing that was planned declares it"
    stem = next((other.name for other, _unused in project.declared if other.kind.name in _STEMS
                 and resource.name.startswith(f"{other.name}-")), "")  # fmt: skip
    return f"it is named after {stem}, and nothing that was planned declares it" if stem else ""


def _firewall(resource: Resource, live: Live, project: Project) -> str:
    networks = [other.path for other, _unused in project.declared if other.kind.name == "network"]
    if not any(str(live.get("network", "")).endswith(path) for path in networks) or live.get("disabled"):
        return ""
    sources = [
        *(live.get("sourceRanges") or []),
        *(live.get("sourceTags") or []),
        *(live.get("sourceServiceAccounts") or []),
    ]
    if any(fnmatchcase(resource.name, pattern) for pattern in GATEWAYS):
        # Health checks and proxies, and nobody else, not even from inside.
        own = set(sources) <= {*HEALTH_CHECKS, *project.proxies()}
    else:
        own = _of_declared(live, project) or all(map(_inward, live.get("sourceRanges") or []))
    if _made_by_google(resource.name) and (own or not live.get("allowed")):
        return ""
    rules = [f"{rule.get('IPProtocol')}:{','.join(rule.get('ports') or ['any'])}" for rule in live.get("allowed") or []]
    opens = (
        f"it lets {', '.join(sources) or 'anything'} in on {' '.join(rules)}" if rules else "it changes what is refused"
    )
    return f"{opens}, in our network"


def _published(live: Live, project: Project) -> str:
    if live.get("loadBalancingScheme") not in PUBLIC:
        return ""
    address = str(live.get("IPAddress", ""))
    if _made_by_google(str(live.get("name"))) and (_of_declared(live, project) or address in project.addressed()):
        return ""
    return f"it publishes {address}, and no declared Service or address is behind it"


def _reserved(live: Live, project: Project) -> str:
    if live.get("addressType", "EXTERNAL") != "EXTERNAL" or _path(live) in project.items:
        return ""
    # https://cloud.google.com/nat/docs/ports-and-addresses: NAT reserves its own
    if live.get("purpose") == "NAT_AUTO" or (_made_by_google(str(live.get("name"))) and _of_declared(live, project)):
        return ""
    return f"{live.get('address')} is public, and nothing that was planned declares it"


def _made_by_google(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in NAMES)


def _of_declared(live: Live, project: Project) -> bool:
    """Whether its description names a Service that is declared."""
    return described(live, SERVICE) in project.services


def _inward(source: str) -> bool:
    try:
        network = ipaddress.ip_network(source)
    except ValueError:
        return False
    return network.is_private or source in HEALTH_CHECKS


def _path(live: Live) -> str:
    """The path of a compute resource, as an item has it."""
    return "compute/v1/" + str(live.get("selfLink", "")).partition("/compute/v1/")[2]


def _place(live: Live) -> str:
    region = str(live.get("region") or "").rpartition("/")[2]
    return f"{region}/{live.get('name')}" if region else str(live.get("name"))
