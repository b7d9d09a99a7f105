# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``proof_report``: one JSON document, one HTML page and the metrics of a whole run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import count, failure_message, short_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import Report, collect
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.drill_timeline import lay_out
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.expiry_bars import WIDTH, bars, ticks
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.export import metrics, verdicts
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.grids import grids, listed
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.layouts import layout_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.panel_charts import HEIGHT, dashboards
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.panel_charts import WIDTH as CHART_WIDTH
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.text import table, verdict_of

with suppress(ImportError):  # see libraries.require
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent
NAMES = {"html": "index.html", "json": "report.json", "metrics": "report.prom"}


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Write every file, whatever was found, and only then fail when a cell is not a pass."""
    require("jinja2", "write the page")
    report = collect(
        options["title"], options["environment_name"], options["clusters"], options["results"], datetime.now(UTC)
    )
    folder = Path(options["path"])
    document = json.dumps({**report.to_dict(), "verdicts": verdicts(report)}, indent=1, ensure_ascii=False, default=str)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"json": document + "\n", "html": page(report), "metrics": metrics(report, options["max_age"])}
        for kind, text in texts.items():
            (folder / NAMES[kind]).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise PlatformError(f"path: the report can't be written to {folder}: {error.strerror}") from None
    result: dict[str, Any] = {
        "changed": False,
        "summary": count(report.cells),
        "table": table(report),
        "html": str(folder / NAMES["html"]),
        "json": str(folder / NAMES["json"]),
        "metrics": str(folder / NAMES["metrics"]),
    }
    message = failure_message(list(report.cells))
    if message and options["fail"]:
        raise PlatformError(f"{message}\nthe report is {result['html']}", result)
    return result


def page(report: Report) -> str:
    """The self-contained HTML page: no script, no request to anywhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [
        {
            "proof": proof,
            "title": layout_of(proof).title,
            "verdict": verdict_of(report.of(proof)),
            "counts": count(report.of(proof)),
            "grids": grids(report, proof),
            "listed": listed(report, proof),
            "timelines": [lay_out(timeline) for of, timeline in report.timelines if of == proof],
            "dashboards": dashboards((cluster, panel) for of, cluster, panel in report.panels if of == proof),
        }
        for proof in report.proofs
    ]
    return environment.get_template("page.html.j2").render(
        report=report,
        counts=count(report.cells),
        verdict=verdict_of(report.cells),
        sections=sections,
        lacking=short_of(report.cells),
        bars=bars(report.certificates),
        ticks=ticks(),
        width=WIDTH,
        chart_width=CHART_WIDTH,
        chart_height=HEIGHT,
    )
