# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What was asked of a project and what was promised of it, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Live = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """All resources of a collection; or, in ``unread``, why they are not known."""

    items: Sequence[Live] = ()
    unread: str = ""


@dataclass(frozen=True)
class Answers:
    """A project: ``collections`` by the names in ``observe.COLLECTIONS``; keys by account; policies by resource."""

    collections: Mapping[str, Answer]
    keys: Mapping[str, Answer] = field(default_factory=dict)
    policies: Mapping[str, Answer] = field(default_factory=dict)

    def of(self, name: str) -> Answer:
        """A collection's answer; one that nobody asked for is not known."""
        return self.collections.get(name) or Answer(unread="it was not asked for")


@dataclass(frozen=True)
class Public:
    """A declared way in: an address by name, a Service as namespace/name, an instance, or a firewall rule.

    ``ports`` are those that are declared; none for all of them. ``region`` is empty for a global one.
    """

    kind: str
    name: str
    region: str = ""
    ports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promise:
    """What the inventory declares; ``clusters`` as the option has them, ``accounts`` by name with their roles."""

    project: str
    public: Sequence[Public] = ()
    trusted_ranges: Sequence[str] = ()
    clusters: Sequence[Mapping[str, Any]] = ()
    accounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flow_sampling: float | None = None

    def named(self, kind: str) -> list[Public]:
        return [entry for entry in self.public if entry.kind == kind]


def cluster_of(live: Live) -> str:
    """The target of a cluster's cells."""
    return f"cluster {live.get('location')}/{live['name']}"


def place_of(live: Live) -> str:
    """``europe-west1/name`` of a compute resource; a global one's name alone."""
    place = str(live.get("region") or live.get("zone") or "").rpartition("/")[2]
    return f"{place}/{live.get('name')}" if place else str(live.get("name"))
