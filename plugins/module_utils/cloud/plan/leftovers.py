# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the controllers of deleted clusters left in a network, told apart by name, network and cluster. Pure.

Sources of the names: live load balancers of GKE's Gateway controller (``gkegw1-``, ``gkemcg1-``), ingress-gce's
``pkg/utils/namer`` (``k8s1-``, ``k8s2-``, ``k8s-…--uid``), and the firewall rules and Services of Kubernetes' cloud
provider (``k8s-fw-``, ``k8s-<hash>-node``, ``a`` and 31 digits, ``gke-<cluster>-<hash>-``).

Names carry a hash of their cluster, which nobody outside can compute; those of a multi-cluster Gateway are the fleet's,
and carry none. So resources whose names have the same hash, or that link to each other, are one group, and a group is
where any of it says to be: only rules, endpoint groups and forwarding rules name their network. Nodes' tags and the
descriptions of a Gateway's resources name their cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import (
    canonical_link,
    described,
    is_link,
    strings,
)

# Collections of Compute Engine, what uses others before what it uses.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("forwardingRules",),
    ("targetHttpProxies", "targetHttpsProxies", "targetTcpProxies", "targetSslProxies", "targetPools"),
    ("urlMaps",),
    ("backendServices",),
    ("networkEndpointGroups", "healthChecks", "sslCertificates", "addresses", "instanceGroups", "firewalls"),
)
# Those that have no list over all places.
GLOBAL = ("targetSslProxies", "firewalls")

_NAMES = tuple(
    map(
        re.compile,
        (
            r"gkegw1-(?P<id>[a-z0-9]{4})-.+",
            r"(?P<id>gkemcg1-.+)",
            r"(?P<id>gkegw1-l7-.+)",
            r"k8s1-(?P<id>[0-9a-f]{8})-.+",
            r"k8s2-(?:[a-z]{2,4}-)?(?P<id>[a-z0-9]{8})-.+",
            r"k8s-.*--(?P<id>[0-9a-f]{16})\d?",
            r"k8s-fw-(?P<id>a[0-9a-f]{31})",
            r"k8s-(?P<id>[0-9a-f]{16})-node(?:-http)?(?:-hc)?",
            r"gke-(?P<cluster>.+)-(?P<id>[0-9a-f]{8})-(?:all|vms|master|exkubelet|inkubelet|mcsd|webhook)",
        ),
    )
)
_SERVICE = re.compile(r"(?P<id>a[0-9a-f]{31})")
_SHORTENED = 20  # names are not cut before so many characters
_TAG = re.compile(r"gke-(?P<cluster>.+)-[0-9a-f]{8}-node")


@dataclass(frozen=True)
class Found:
    """A live resource: its collection, its path from ``projects/`` on, and Google's answer."""

    collection: str
    path: str
    body: dict[str, Any] = field(hash=False)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Selection:
    """``remove``, in the order in which it can go; ``kept``: what stays, with the reason.

    ``foreign`` is what of that no controller made: it goes with no cluster, and holds the network until somebody
    removes it.
    """

    remove: tuple[Found, ...]
    kept: tuple[tuple[Found, str], ...]
    foreign: tuple[Found, ...] = ()


@dataclass
class _Group:
    """What has one cluster's hash in its name: where it is, and whose it says to be."""

    networks: set[str] = field(default_factory=set)
    clusters: set[str] = field(default_factory=set)


def select(found: list[Found], network: str, live_clusters: Iterable[str], own_prefix: str | None = None) -> Selection:
    """What goes and what stays of the resources of a project.

    ``network`` is its path; ``live_clusters`` are the names of the clusters that stand in it, whose resources stay;
    what begins with ``own_prefix`` is the caller's own business, and is neither removed nor reported.
    """
    project = network.split("/")[1]
    groups = _groups(found, project)
    clusters = sorted(live_clusters)
    remove: list[Found] = []
    kept: list[tuple[Found, str]] = []
    foreign: list[Found] = []
    for item in found:
        if own_prefix and item.name.startswith(own_prefix):
            continue
        group = groups.get(_hash(item) or "")
        if group is None:
            if network in _networks(item, project):
                kept.append((item, "no controller of GKE's gives such a name"))
                foreign.append(item)
        elif reason := _reason(group, network, clusters):
            kept.append((item, reason))
        elif network in group.networks:
            remove.append(item)
    order = {name: level for level, names in enumerate(LEVELS) for name in names}
    ordered = sorted(remove, key=lambda item: (order[item.collection], item.path))
    return Selection(tuple(ordered), tuple(kept), tuple(foreign))


def _reason(group: _Group, network: str, live_clusters: list[str]) -> str | None:
    """Why a group stays, None where nothing speaks for it (or where it is of another network alone)."""
    if not group.networks:
        return "nothing says which network it belongs to"
    if network not in group.networks:
        return None
    if len(group.networks) > 1:
        return f"it is used in {', '.join(sorted(group.networks - {network}))} too"
    for cluster in live_clusters:
        if not group.clusters or any(_is_of(cluster, name) for name in group.clusters):
            return f"cluster {cluster} stands in this network" + ("" if group.clusters else ", and it may be its own")
    return None


def _is_of(cluster: str, name: str) -> bool:
    """Whether the name in a tag is the cluster's, of which it may have only the beginning."""
    return cluster == name or (len(name) >= _SHORTENED and cluster.startswith(name))


def _groups(found: list[Found], project: str) -> dict[str, _Group]:
    """By hash its group; hashes whose resources link to each other share one."""
    by_path = {item.path: item for item in found}
    groups: dict[str, _Group] = {}
    for item in found:
        key = _hash(item)
        if key is None:
            continue
        group = groups.setdefault(key, _Group())
        group.networks |= _networks(item, project)
        group.clusters |= _clusters(item)
        for link in (canonical_link(text, project) for text in strings(item.body) if is_link(text)):
            other = _hash(by_path[link]) if link in by_path else None
            if other is not None and groups.setdefault(other, _Group()) is not group:
                group = _joined(groups, group, groups[other])
    return groups


def _joined(groups: dict[str, _Group], one: _Group, other: _Group) -> _Group:
    both = _Group(one.networks | other.networks, one.clusters | other.clusters)
    groups.update({key: both for key, group in groups.items() if group is one or group is other})
    return both


def _hash(item: Found) -> str | None:
    """What tells the cluster (or the Service) in a name; None for a name that no controller gives."""
    for pattern in _NAMES:
        if matched := pattern.fullmatch(item.name):
            return matched.group("id")
    if "kubernetes.io/service-name" in str(item.body.get("description")) and _SERVICE.fullmatch(item.name):
        return item.name
    return None


def _clusters(item: Found) -> set[str]:
    names = (_TAG.fullmatch(tag) for tag in item.body.get("targetTags") or ())
    matched = [*names, *(pattern.fullmatch(item.name) for pattern in _NAMES if "cluster" in pattern.groupindex)]
    return {found.group("cluster") for found in matched if found} | _described(item)


def _described(item: Found) -> set[str]:
    """The cluster that the Gateway controller's descriptions name, ``/projects/p/locations/l/clusters/c``.

    A fleet's name the one with the Gateway alone, and have endpoints of others.
    """
    path = "" if item.name.startswith("gkemcg1-") else described(item.body, "k8sCluster")
    return {path.rpartition("/clusters/")[2]} if path else set()


def _networks(item: Found, project: str) -> set[str]:
    network = item.body.get("network")
    return {canonical_link(network, project)} if isinstance(network, str) else set()
