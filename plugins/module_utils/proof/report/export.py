# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A run's verdicts as numbers that the next run's are compared with: in the document, and as metrics."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import VERDICTS, count
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import Report
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.layouts import layout_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.text import verdict_of


def verdicts(report: Report) -> list[dict[str, Any]]:
    """An entry for each cluster and proof: its verdict and how many cells there are of each."""
    return [
        {
            "cluster": cluster,
            "proof": proof,
            "title": layout_of(proof).title,
            "verdict": verdict_of(cells),
            **count(cells),
        }
        for cluster in dict.fromkeys([*report.clusters, *(cell.cluster for cell in report.cells)])
        for proof in report.proofs
        if (cells := report.of(proof, cluster))
    ]


def metrics(report: Report, max_age: int | None = None) -> str:
    """The same in Prometheus' text format, with the time of the run and, in seconds, how long it counts.

    https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    """
    found = {
        f'environment="{_escaped(report.environment)}",cluster="{_escaped(entry["cluster"])}",'
        f'proof="{_escaped(entry["proof"])}"': entry
        for entry in verdicts(report)
    }
    lines = [
        "# HELP pingpong_proof_cells Cells of a proof in the last run, by verdict; all but pass fall short.",
        "# TYPE pingpong_proof_cells gauge",
        *(
            f'pingpong_proof_cells{{{place},verdict="{verdict}"}} {entry[verdict]}'
            for place, entry in found.items()
            for verdict in VERDICTS
        ),
        "# HELP pingpong_proof_timestamp_seconds When the proof was last reported.",
        "# TYPE pingpong_proof_timestamp_seconds gauge",
        *(f"pingpong_proof_timestamp_seconds{{{place}}} {int(report.at.timestamp())}" for place in found),
    ]
    if max_age is not None:
        lines += [
            "# HELP pingpong_proof_max_age_seconds How old the proof may become until the next one.",
            "# TYPE pingpong_proof_max_age_seconds gauge",
            *(f"pingpong_proof_max_age_seconds{{{place}}} {max_age}" for place in found),
        ]
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
