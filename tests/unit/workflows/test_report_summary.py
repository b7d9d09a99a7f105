"""A pipeline's page shows what a run's report says, whatever the cells hold."""

from __future__ import annotations

from typing import Any

import pytest

from tools.report_summary import SHOWN, cell, markdown

VERDICT = {"cluster": "primary", "title": "Drift", "verdict": "FAIL", "pass": 1, "fail": 1, "inconclusive": 0}
CELL = {"cluster": "primary", "proof": "drift", "source": "", "target": "Deployment", "case": "live", "reason": ""}
GOOD = {**CELL, "verdict": "pass", "expected": "3", "observed": "3"}
BAD = {**CELL, "verdict": "fail", "expected": "3", "observed": "2"}


def document(*cells: dict[str, Any]) -> dict[str, Any]:
    head = {"title": "What differs", "environment": "staging", "generated_at": "2026-01-01T00:00:00+00:00"}
    return {**head, "verdicts": [VERDICT], "cells": list(cells)}


def test_each_proof_has_a_row_and_each_cell_that_fell_short_another() -> None:
    page = markdown(document(GOOD, BAD))
    assert "## What differs: staging" in page
    assert "| primary | Drift | 1 | 1 | 0 | FAIL |" in page
    assert "| fail | primary | drift |  | Deployment | live | 3 | 2 |  |" in page
    assert "| pass | primary" not in page


def test_a_run_without_a_shortfall_lists_no_cells() -> None:
    assert "expected" not in markdown(document(GOOD))


def test_many_cells_are_counted_where_they_are_not_shown() -> None:
    page = markdown(document(*[BAD] * (SHOWN + 2)))
    assert page.count("| fail | primary") == SHOWN
    assert page.endswith("and 2 more: see the report")


@pytest.mark.parametrize(
    ("value", "text"),
    [("a | b", r"a \| b"), ("two\nlines", "two lines"), ("<img>", r"\<img\>"), ("[a](b)", r"\[a\](b)"), (None, "None")],
)
def test_a_value_does_not_end_its_cell_nor_become_markup(value: Any, text: str) -> None:
    assert cell(value) == text
