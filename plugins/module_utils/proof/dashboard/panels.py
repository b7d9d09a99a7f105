# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The queries of Grafana dashboards, verdicts on what Prometheus answers to them, and what a panel has to draw."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement

# What Grafana puts in for itself; five minutes is more than any scrape interval.
INTERVALS = ("__rate_interval", "__interval", "__range")
VARIABLE = re.compile(r"\$\{?(\w+)(?::\w+)?\}?")
LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
WINDOW = "5m"
# Of a panel: more than that nobody tells apart.
LINES = 8


@dataclass(frozen=True, slots=True)
class Query:
    """One query of one panel, as Prometheus is to be asked; how a series is named, and the unit of its values."""

    dashboard: str
    panel: str
    expression: str
    legend: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """Prometheus's answer: the samples' values, or the error instead of them."""

    values: tuple[float, ...] = ()
    error: str | None = None

    @property
    def numbers(self) -> list[float]:
        return [value for value in self.values if not math.isnan(value)]


def queries(dashboard: Mapping[str, Any]) -> list[Query]:
    """Every query of a dashboard, those in collapsed rows included; hidden ones are queries too."""
    title = str(dashboard.get("title") or dashboard.get("uid") or "dashboard")
    return [
        Query(
            title,
            str(panel.get("title") or panel.get("id")),
            without_variables(target["expr"]),
            str(target.get("legendFormat") or ""),
            str(((panel.get("fieldConfig") or {}).get("defaults") or {}).get("unit") or ""),
        )
        for panel in _panels(dashboard)
        for target in panel.get("targets") or []
        if target.get("expr")
    ]


def _panels(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for panel in node.get("panels") or []:
        yield panel
        yield from _panels(panel)


def without_variables(expression: str) -> str:
    """The query with Grafana's variables filled in: intervals by a window, others by everything."""
    return VARIABLE.sub(lambda found: WINDOW if found[1] in INTERVALS else ".*", expression)


def reply_from(answer: Mapping[str, Any]) -> Reply:
    """The values of an answer of Prometheus's HTTP API (an instant query)."""
    if answer.get("status") != "success":
        return Reply(error=str(answer.get("error") or "no success, and no error either"))
    data = answer.get("data") or {}
    result = data.get("result") or []
    if data.get("resultType") in ("scalar", "string"):
        return Reply((float(result[1]),))
    return Reply(tuple(float(sample["value"][1]) for sample in result))


def series_from(answer: Mapping[str, Any], legend: str) -> list[dict[str, Any]]:
    """Of an answer to a range query each series: its name, and points of seconds since the epoch and value.

    Those of one name are one, as where the pod that is scraped was replaced; of two values at a time the higher.
    """
    lines: dict[str, dict[float, float]] = {}
    for found in (answer.get("data") or {}).get("result") or [] if answer.get("status") == "success" else []:
        line = lines.setdefault(name_of(found.get("metric") or {}, legend), {})
        for at, text in found["values"]:
            if math.isfinite(value := float(text)):
                line[at] = max(value, line.get(at, value))
    return [
        {"name": name, "points": [list(point) for point in sorted(line.items())]}
        for name, line in lines.items()
        if line
    ]


def name_of(labels: Mapping[str, str], legend: str) -> str:
    """A series' name as Grafana writes it: the legend with its labels, or what tells the series apart."""
    if legend:
        return LEGEND.sub(lambda found: labels.get(found[1], ""), legend)
    return ", ".join(value for name, value in sorted(labels.items()) if name != "__name__") or "value"


def panels(queries: Sequence[Query], series: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """What each panel draws, from the series of each query: those with the highest values first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for query, lines in zip(queries, series, strict=True):
        place = {"dashboard": query.dashboard, "panel": query.panel, "unit": query.unit, "series": []}
        found.setdefault((query.dashboard, query.panel), place)["series"] += lines
    for panel in found.values():
        ordered = sorted(panel["series"], key=lambda line: -max(value for _at, value in line["points"]))
        panel |= {"series": ordered[:LINES], "left_out": len(ordered[LINES:])}
    return list(found.values())


def judge_panel(reply: Reply) -> Judgement:
    """A panel must show something: at least one number."""
    if reply.error is not None:
        return Judgement("fail", "error", reply.error)
    if not reply.values:
        return Judgement("fail", "no data", "the query finds no series: nothing exports them, or nothing scrapes it")
    if not reply.numbers:
        return Judgement("fail", "only NaN", "the query finds series, but no number in them")
    return Judgement("pass", f"{len(reply.values)} series, first {reply.numbers[0]:g}", "")


def judge_movement(before: Reply, after: Reply, at_least: float, calls: int, answered: int) -> Judgement:
    """A counter must rise by what was done to it; without a value from before the calls no rise can be seen."""
    if before.error is not None:
        return Judgement("inconclusive", before.error, "the counter could not be read before the calls")
    if answered < calls:
        return Judgement(
            "inconclusive", f"{answered} of {calls} calls answered", "the calls that should move it failed"
        )
    if after.error is not None or not after.numbers:
        return Judgement("fail", after.error or "no data", "the counter is not there after the calls")
    rise = sum(after.numbers) - sum(before.numbers)
    seen = f"rose by {rise:g}"
    return Judgement("pass" if rise >= at_least else "fail", seen, f"{calls} calls were made")
