"""Cells: how checks count, name and carry what they found."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import (
    Cell,
    cell_from,
    count,
    failure_message,
    short_of,
)

PASS = Cell(
    "mtls", "primary", "pingpong-c/outsider", "pingpong-a/pingpong-a:8080", "plaintext", "refused", "reset", "pass"
)
FAIL = replace(PASS, observed="HTTP 200", verdict="fail", reason="the application answered")
OPEN = replace(PASS, observed="timeout", verdict="inconclusive")


def test_only_passes_pass() -> None:
    assert failure_message([PASS, PASS]) == ""
    assert count([PASS, FAIL, OPEN]) == {"pass": 1, "fail": 1, "inconclusive": 1, "total": 3}


def test_failures_are_named_first_with_place_and_promise() -> None:
    message = failure_message([PASS, OPEN, FAIL])
    lines = message.splitlines()
    assert lines[0] == "2 of 3 cells are not a pass:"
    assert lines[1] == (
        "fail: primary: mtls: pingpong-c/outsider → pingpong-a/pingpong-a:8080 [plaintext]: "
        "expected refused, found HTTP 200 (the application answered)"
    )
    assert lines[2].startswith("inconclusive: primary")


def test_a_check_that_measured_nothing_is_no_pass() -> None:
    assert "nothing was checked" in failure_message([])


def test_long_lists_are_cut_and_counted() -> None:
    assert failure_message([FAIL] * 25).splitlines()[-1] == "and 5 more"
    assert len(short_of([FAIL] * 25)) == 25


def test_a_cell_survives_its_plain_form_and_an_unknown_verdict_is_never_a_pass() -> None:
    assert cell_from(PASS.to_dict()) == PASS
    assert cell_from({**PASS.to_dict(), "verdict": "green", "unknown": 1}).verdict == "inconclusive"


def test_a_cell_that_is_not_whole_proves_nothing() -> None:
    cell = cell_from({"proof": "mtls", "cluster": "primary", "target": "x", "expected": "refused", "verdict": "pass"})
    assert (cell.verdict, cell.reason) == ("inconclusive", "it lacks source, case, observed")
