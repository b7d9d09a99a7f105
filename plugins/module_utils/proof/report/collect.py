# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the results of checks on all clusters to one body of findings; what is missing is a finding as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from, count
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import unmeasured
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.layouts import LAYOUTS

# What a result says of itself, beside what it found.
FORMAL = (
    *("changed", "failed", "msg", "cells", "summary", "short_of", "proof", "cluster"),
    *("certificates", "not_covered", "panels", "timelines"),
)


@dataclass(frozen=True)
class Report:
    """Everything that a report shows; ``timelines`` with the proof that each is of, ``panels`` with proof and cluster.

    ``to_dict`` is the document.
    """

    title: str
    environment: str
    at: datetime
    clusters: tuple[str, ...]
    cells: tuple[Cell, ...]
    certificates: tuple[Mapping[str, Any], ...]
    timelines: tuple[tuple[str, Mapping[str, Any]], ...]
    panels: tuple[tuple[str, str, Mapping[str, Any]], ...]
    not_covered: tuple[tuple[str, str], ...]
    facts: Mapping[str, Mapping[str, Any]]

    def of(self, proof: str, cluster: str | None = None) -> list[Cell]:
        return [cell for cell in self.cells if cell.proof == proof and cluster in (None, cell.cluster)]

    @property
    def proofs(self) -> list[str]:
        """The proofs that there are cells of, the known ones first."""
        found = dict.fromkeys(cell.proof for cell in self.cells)
        return [*(proof for proof in LAYOUTS if proof in found), *(proof for proof in found if proof not in LAYOUTS)]

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "environment": self.environment,
            "generated_at": self.at.isoformat(timespec="seconds"),
            "clusters": list(self.clusters),
            "summary": count(self.cells),
            "cells": [cell.to_dict() for cell in self.cells],
            "certificates": list(self.certificates),
            "timelines": [timeline for _proof, timeline in self.timelines],
            "panels": [{**panel, "cluster": cluster} for _proof, cluster, panel in self.panels],
            "not_covered": [{"where": where, "what": what} for where, what in self.not_covered],
            "facts": {name: dict(facts) for name, facts in self.facts.items()},
        }


def collect(
    title: str, environment: str, clusters: Sequence[str], results: Sequence[Mapping[str, Any]], at: datetime
) -> Report:
    """All results as one. A cluster without a result, and a result without cells, are inconclusive cells."""
    cells: list[Cell] = []
    certificates: list[Mapping[str, Any]] = []
    timelines: list[tuple[str, Mapping[str, Any]]] = []
    panels: list[tuple[str, str, Mapping[str, Any]]] = []
    notes: list[tuple[str, str]] = []
    facts: dict[str, Mapping[str, Any]] = {}
    for result in results:
        proof, cluster = str(result.get("proof") or "check"), str(result.get("cluster") or "?")
        where = f"{cluster}: {proof}"
        if result.get("skipped"):
            notes.append((where, "the check was skipped"))
            continue
        found = [cell_from(cell) for cell in result.get("cells") or []]
        cells += found or [unmeasured(proof, cluster, str(result.get("msg") or "the check returned no cell"))]
        certificates += [{**entry, "cluster": cluster} for entry in result.get("certificates") or []]
        timelines += [(proof, entry) for entry in result.get("timelines") or []]
        panels += [(proof, cluster, entry) for entry in result.get("panels") or []]
        notes += [(where, note) for note in result.get("not_covered") or []]
        facts[where] = {key: value for key, value in result.items() if key not in FORMAL and not key.startswith("_")}
    # By whose check it is: the cells of one cluster's failover speak of the others too.
    reported = {str(result.get("cluster")) for result in results if not result.get("skipped")}
    cells += [
        unmeasured("check", name, "no check of this cluster ran to its end")
        for name in clusters
        if name not in reported
    ]
    return Report(
        title=title,
        environment=environment,
        at=at,
        clusters=tuple(clusters),
        cells=tuple(cells),
        certificates=tuple(certificates),
        timelines=tuple(timelines),
        panels=tuple(panels),
        not_covered=tuple(notes),
        facts=facts,
    )
