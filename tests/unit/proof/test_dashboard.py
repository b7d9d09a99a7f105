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
    Query,
    Reply,
    judge_movement,
    judge_panel,
    name_of,
    panels,
    queries,
    reply_from,
    series_from,
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


@pytest.mark.parametrize(
    ("labels", "legend", "name"),
    [
        ({"namespace": "a", "pod": "b"}, "{{namespace}} of {{ pod }}", "a of b"),
        ({"namespace": "a"}, "{{pod}}", ""),
        ({"__name__": "up", "job": "ping", "instance": "i"}, "", "i, ping"),
        ({"__name__": "up"}, "", "value"),
    ],
)
def test_a_series_is_named_as_grafana_names_it(labels: dict[str, str], legend: str, name: str) -> None:
    assert name_of(labels, legend) == name


def matrix(*series: list[str]) -> dict[str, Any]:
    result = [{"metric": {"n": str(number)}, "values": [[at, text] for at, text in enumerate(values)]}
              for number, values in enumerate(series)]  # fmt: skip
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def test_what_is_no_number_is_not_drawn() -> None:
    found = series_from(matrix(["1", "NaN", "3"], ["NaN"], ["+Inf", "2"]), "{{n}}")
    assert found == [{"name": "0", "points": [[0, 1.0], [2, 3.0]]}, {"name": "2", "points": [[1, 2.0]]}]
    assert series_from({"status": "error", "error": "no"}, "") == []


def test_series_of_one_name_are_one_line() -> None:
    assert series_from(matrix(["1", "5"], ["2", "3"]), "all") == [{"name": "all", "points": [[0, 2.0], [1, 5.0]]}]


def test_a_panel_draws_the_highest_of_all_its_queries() -> None:
    asked = [Query("d", "p", "x", unit="s"), Query("d", "p", "y", unit="s"), Query("d", "q", "z")]
    many = [{"name": str(height), "points": [[0, float(height)]]} for height in range(9)]
    first, second = panels(asked, [many[:4], many[4:], []])
    assert [line["name"] for line in first["series"]] == ["8", "7", "6", "5", "4", "3", "2", "1"]
    assert (first["left_out"], first["unit"]) == (1, "s")
    assert (second["panel"], second["series"], second["left_out"]) == ("q", [], 0)
