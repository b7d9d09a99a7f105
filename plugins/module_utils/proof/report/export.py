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


def metrics(report: Report) -> str:
    """The same in Prometheus' text format, for the textfile collector of a node exporter or a Pushgateway.

    https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    """
    common = f'environment="{_escaped(report.environment)}"'
    lines = [
        "# HELP pingpong_proof_cells Cells of a proof in the last run, by verdict; all but pass fall short.",
        "# TYPE pingpong_proof_cells gauge",
    ]
    for entry in verdicts(report):
        place = f'{common},cluster="{_escaped(entry["cluster"])}",proof="{_escaped(entry["proof"])}"'
        lines += [f'pingpong_proof_cells{{{place},verdict="{verdict}"}} {entry[verdict]}' for verdict in VERDICTS]
    lines += [
        "# HELP pingpong_proof_run_timestamp_seconds When the last run was reported.",
        "# TYPE pingpong_proof_run_timestamp_seconds gauge",
        f"pingpong_proof_run_timestamp_seconds{{{common}}} {report.at.timestamp():.0f}",
    ]
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
