"""Panels as lines: to scale, broken where nothing was measured, and in units that are read at a glance."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.panel_charts import (
    HEIGHT,
    WIDTH,
    chart,
    dashboards,
    path,
    worded,
)


def panel(*lines: list[list[float]], **fields: Any) -> dict[str, Any]:
    series = [{"name": f"s{number}", "points": points} for number, points in enumerate(lines)]
    return {"dashboard": "ping", "panel": "Rate", "unit": "", "series": series, "left_out": 0, **fields}


def test_lines_are_drawn_to_scale_from_zero() -> None:
    drawn = chart(panel([[0, 0], [10, 5]], [[0, 10], [10, 10]]), 0, 10)
    assert [line.path for line in drawn.lines] == [f"M0,{HEIGHT:g}h1L{WIDTH:g},{HEIGHT / 2:g}", f"M0,0h1L{WIDTH:g},0"]
    assert (drawn.bottom, drawn.top, [line.last for line in drawn.lines]) == ("0", "10", ["5", "10"])


def test_what_is_below_zero_is_on_the_page() -> None:
    drawn = chart(panel([[0, -5], [10, 5]]), 0, 10)
    assert (drawn.bottom, drawn.top) == ("-5", "5")
    assert drawn.lines[0].path == f"M0,{HEIGHT:g}h1L{WIDTH:g},0"


def test_nothing_is_drawn_where_nothing_was_measured() -> None:
    places = [(at, float(at), 0.0) for at in (0.0, 1.0, 2.0, 7.0, 8.0)]
    assert path(places) == "M0,0h1L1,0L2,0M7,0h1L8,0"
    assert path([(3.0, 3.0, 1.0)]) == "M3,1h1"
    assert path([]) == ""


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "", "0"),
        (0.12345, "percentunit", "12.3 %"),
        (0.0042, "s", "4.2 ms"),
        (3.2, "s", "3.2 s"),
        (864000, "s", "10 d"),
        (-864000, "s", "-10 d"),
        (50 * 2**20, "bytes", "50 MiB"),
        (3 * 2**30, "bytes", "3 GiB"),
        (123456, "none", "123456"),
        (2.5, "reqps", "2.5/s"),
    ],
)
def test_a_value_is_worded_in_its_unit(value: float, unit: str, words: str) -> None:
    assert worded(value, unit) == words


def test_a_dashboard_shows_one_time_for_all_panels_of_a_cluster() -> None:
    early, late = panel([[0, 1], [60, 1]]), panel([[60, 1], [600, 1]], panel="Late")
    found = dashboards([("primary", early), ("primary", late), ("secondary", early)])
    assert [(one.title, one.cluster, one.minutes, len(one.charts)) for one in found] == [
        ("ping", "primary", 10, 2),
        ("ping", "secondary", 1, 1),
    ]
    assert found[0].charts[0].lines[0].path == f"M0,0h1L{WIDTH / 10:g},0"


def test_a_panel_without_series_is_empty_and_no_error() -> None:
    (one,) = dashboards([("primary", panel())])
    assert one.charts[0].lines == ()
