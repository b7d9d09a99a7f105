# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The queries of Grafana dashboards, and verdicts on what Prometheus answers to them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement

# What Grafana puts in for itself; five minutes is more than any scrape interval.
INTERVALS = ("__rate_interval", "__interval", "__range")
VARIABLE = re.compile(r"\$\{?(\w+)(?::\w+)?\}?")
WINDOW = "5m"


@dataclass(frozen=True, slots=True)
class Query:
    """One query of one panel, as Prometheus is to be asked."""

    dashboard: str
    panel: str
    expression: str


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
        Query(title, str(panel.get("title") or panel.get("id")), without_variables(target["expr"]))
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
