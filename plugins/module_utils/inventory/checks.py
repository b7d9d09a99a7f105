# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an inventory's clusters say of themselves and beside each other: everything wrong with it, before a request."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import Any

# Each variable of a cluster, its form, and the form in words. Lengths: an environment is a part of service accounts'
# names, which have 30 characters at most.
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
DOMAIN = (rf"(?:{_LABEL}\.)+{_LABEL}", "a domain in lower case such as example.com, without a dot at its end")
FORMS = {
    "platform_environment": (r"[a-z][a-z0-9-]{0,10}[a-z0-9]", "2 to 12 lower-case letters, digits and hyphens"),
    "platform_project": (r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project's id, such as my-project-1"),
    "platform_region": (r"[a-z]+-[a-z]+[0-9]+", "a region such as europe-west1, without a zone"),
    "platform_cluster_name": (r"[a-z][a-z0-9-]{0,38}[a-z0-9]", "at most 40 lower-case letters, digits and hyphens"),
    "platform_domain": DOMAIN,
}
# Variables in which two clusters of one environment can't be the same, and in which they can't differ.
_OWN = {"platform_region": "one cluster a region", "platform_cluster_name": "a name of its own for each cluster"}
_SHARED = ("platform_environment", "platform_project", "platform_domain")
# Options that are something else than this with one load balancer for all regions, or one a region, and why not.
_OF_ALL: tuple[tuple[str, Any, str], ...] = (
    ("edge_targets", {}, "edge_multicluster is true: records name its one address"),
    ("edge_trickle", 0, "edge_multicluster is true: no record fails over"),
    ("edge_network_tier", "PREMIUM", "edge_multicluster is true: Google has global addresses in that tier alone"),
)
_OF_A_REGION: tuple[tuple[str, Any, str], ...] = (
    ("edge_cdn", False, "edge_multicluster is false: Google has no cache before the load balancers of a region"),
)
# The network's options that decide whether IAP reaches a bastion, and what they are by default.
BASTION = {"network_bastion": False, "network_bastion_access": "iap"}
RANGES = "network_ranges"
VARIABLES = (*FORMS, RANGES)


def problems(clusters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One sentence for each thing that is wrong; ``clusters`` are the VARIABLES of each by its name."""
    if not clusters:
        return ["clusters: found no host in this group, expected one for each cluster"]
    found = [problem for name, values in clusters.items() for problem in _malformed(name, values)]
    return found or [*_contradictions(clusters), *_overlaps(clusters)]


def _malformed(cluster: str, values: Mapping[str, Any]) -> Iterator[str]:
    for variable, (form, words) in FORMS.items():
        value = values.get(variable)
        if not isinstance(value, str) or not re.fullmatch(form, value):
            yield f"{cluster} {variable}: found {_shown(value)}, expected {words}"
    ranges = values.get(RANGES)
    if not isinstance(ranges, Mapping):
        yield f"{cluster} {RANGES}: found {_shown(ranges)}, expected a dict of ranges"
        return
    for name, value in ranges.items():
        if _network(value) is None:
            yield f"{cluster} {RANGES}.{name}: found {_shown(value)}, expected an IPv4 network such as 10.0.0.0/24"


def missing_ranges(options: Mapping[str, Any]) -> Iterator[str]:
    """Ranges that only some choices need, so that an argument spec can't require them."""
    if options.get("network_bastion") is True and not options[RANGES].get("bastion"):
        yield f"{RANGES}.bastion: found nothing, expected the bastion's range, because network_bastion is true"


def unreachable(options: Mapping[str, Any], network: Mapping[str, Any]) -> Iterator[str]:
    """A way into the clusters that leads nowhere; ``network`` are the options of BASTION, None where one is not set."""
    if options.get("cluster_access") != "iap" or "cluster_bastion" in options:
        return
    for option, fit in {**BASTION, "network_bastion": True}.items():
        found = BASTION[option] if network[option] is None else network[option]
        if found != fit:
            yield f'{option}: found {json.dumps(found)}, expected {json.dumps(fit)}, because cluster_access is "iap"'


def invalid_names(options: Mapping[str, Any], clusters: Collection[str]) -> Iterator[str]:
    """What is wrong with names among the options of roles, which an argument spec takes for any text."""
    hosts = options.get("edge_hosts")
    named = {f"edge_hosts[{place}]": host for place, host in enumerate(hosts if isinstance(hosts, list) else [])}
    if options.get("edge_domain"):
        named["edge_domain"] = options["edge_domain"]
    form, words = DOMAIN
    for option, value in named.items():
        # A record may stand for every name below.
        if not isinstance(value, str) or not re.fullmatch(rf"(?:\*\.)?{form}", value):
            yield f"{option}: found {_shown(value)}, expected {words}"
    for option in ("edge_primary", "edge_config_cluster"):
        cluster = options.get(option)
        if cluster and cluster not in clusters:
            yield f"{option}: found {_shown(cluster)}, expected one of {', '.join(clusters)}"


def unfit_options(options: Mapping[str, Any]) -> Iterator[str]:
    """Options of the edge that its kind of load balancer, one a region or one for all, has no use for."""
    over_all = options.get("edge_multicluster") is True
    for option, fit, reason in _OF_ALL if over_all else _OF_A_REGION:
        if option in options and options[option] != fit:
            yield f"{option}: found {json.dumps(options[option])}, expected {json.dumps(fit)}, because {reason}"


def _contradictions(clusters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for (one, mine), (other, theirs) in combinations(clusters.items(), 2):
        for variable, expected in _OWN.items():
            if mine[variable] == theirs[variable]:
                yield f'{variable}: found "{mine[variable]}" for {one} and {other}, expected {expected}'
        for variable in _SHARED:
            if mine[variable] != theirs[variable]:
                yield (
                    f'{variable}: found "{mine[variable]}" for {one} and "{theirs[variable]}" for {other}, '
                    "expected the same for all clusters of an environment"
                )


def _overlaps(clusters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    networks = [
        (f"{cluster} {RANGES}.{name}", network)
        for cluster, values in clusters.items()
        for name, value in values[RANGES].items()
        if (network := _network(value)) is not None
    ]
    for (one, mine), (other, theirs) in combinations(networks, 2):
        if mine.overlaps(theirs):
            yield f"{one}: found {mine}, which overlaps {theirs} of {other}; expected ranges apart from each other"


def _network(value: Any) -> IPv4Network | None:
    try:
        network = ip_network(value) if isinstance(value, str) and "/" in value else None
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "") else f'"{value}"'
