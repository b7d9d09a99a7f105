"""Dashboards' queries and verdicts on Prometheus's answers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.dashboard.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.dashboard.panels import (
    Reply,
    judge_movement,
    judge_panel,
    queries,
    reply_from,
    without_variables,
)

DASHBOARDS = Path(__file__).parents[3] / "roles" / "monitoring" / "files" / "dashboards"


def vector(*values: str) -> dict[str, Any]:
    result = [{"metric": {}, "value": [0, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def test_panels_in_rows_and_every_target_count() -> None:
    dashboard = {
        "title": "Ping",
        "panels": [
            {"title": "Rate", "targets": [{"expr": "rate(x[$__rate_interval])"}, {"expr": "y"}, {"expr": ""}]},
            {"title": "Row", "panels": [{"id": 7, "targets": [{"expr": 'z{ns=~"$namespace"}'}]}]},
            {"title": "Text"},
        ],
    }
    assert [(query.panel, query.expression) for query in queries(dashboard)] == [
        ("Rate", "rate(x[5m])"),
        ("Rate", "y"),
        ("7", 'z{ns=~".*"}'),
    ]


@pytest.mark.parametrize("file", sorted(DASHBOARDS.glob("*.json")), ids=lambda file: file.name)
def test_the_platforms_dashboards_have_queries_without_variables_left(file: Path) -> None:
    found = queries(json.loads(file.read_text()))
    assert found and all("$" not in query.expression for query in found)


@pytest.mark.parametrize(("given", "filled"), [("${ns:regex}", ".*"), ("[$__interval]", "[5m]"), ("x", "x")])
def test_variables(given: str, filled: str) -> None:
    assert without_variables(given) == filled


@pytest.mark.parametrize(
    ("answer", "verdict", "observed"),
    [
        (vector("3", "4"), "pass", "2 series, first 3"),
        (vector("NaN", "0"), "pass", "2 series, first 0"),
        (vector(), "fail", "no data"),
        (vector("NaN"), "fail", "only NaN"),
        ({"status": "error", "error": "parse error"}, "fail", "error"),
        ({"status": "success", "data": {"resultType": "scalar", "result": [0, "2"]}}, "pass", "1 series, first 2"),
    ],
)
def test_a_panel_must_show_a_number(answer: dict[str, Any], verdict: str, observed: str) -> None:
    judgement = judge_panel(reply_from(answer))
    assert (judgement.verdict, judgement.observed) == (verdict, observed)


@pytest.mark.parametrize(
    ("before", "after", "answered", "verdict"),
    [
        (Reply((1.0, 2.0)), Reply((11.0, 12.0)), 20, "pass"),
        (Reply((1.0, 2.0)), Reply((11.0, 11.0)), 20, "fail"),
        (Reply(), Reply((20.0,)), 20, "pass"),
        (Reply((5.0,)), Reply((5.0,)), 20, "fail"),
        (Reply((5.0,)), Reply(error="503"), 20, "fail"),
        (Reply((5.0,)), Reply((math.nan,)), 20, "fail"),
        (Reply((5.0,)), Reply((25.0,)), 19, "inconclusive"),
        (Reply(error="503"), Reply((25.0,)), 20, "inconclusive"),
    ],
)
def test_a_counter_must_rise_by_what_was_done(before: Reply, after: Reply, answered: int, verdict: str) -> None:
    assert judge_movement(before, after, 20, 20, answered).verdict == verdict


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"calls": 0}, r"movements\[0\].calls: found 0, expected more than 0"),
        ({"at_least": 0.0}, r"movements\[0\].at_least: found 0, expected more than 0"),
        ({"dashboards": ["{}"]}, r"dashboards\[0\]: .* holds no panel with a query"),
        ({"dashboards": ["[]"]}, r"dashboards\[0\]: .* holds no panel with a query"),
        ({"dashboards": ["{"]}, r"dashboards\[0\]: .* is not JSON"),
    ],
)
def test_what_could_not_fail_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    (tmp_path / "d.json").write_text("".join(changes.get("dashboards", [])))
    movement = {"calls": 20, "at_least": None, **changes}
    files = [str(tmp_path / "d.json")] if "dashboards" in changes else []
    with pytest.raises(OptionError, match=says):
        run({"dashboards": files, "movements": [movement]})
