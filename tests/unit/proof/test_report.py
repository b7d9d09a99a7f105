"""The report: nothing missing goes unsaid, every cell is on the page, and nothing is fetched or executed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import collect
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.drill_timeline import lay_out
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.expiry_bars import WIDTH, bars, place
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.grids import grids, listed, sign_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.text import table
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.write import run

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


def cell(proof: str, verdict: Any = "pass", cluster: str = "primary", **fields: Any) -> dict[str, Any]:
    words = {"source": "a/a", "target": "b/b:8080", "case": "plaintext", "expected": "refused", "observed": "reset"}
    return Cell(proof=proof, cluster=cluster, verdict=verdict, **{**words, **fields}).to_dict()


def result(proof: str, *cells: dict[str, Any], cluster: str = "primary", **extra: Any) -> dict[str, Any]:
    return {"proof": proof, "cluster": cluster, "cells": list(cells), **extra}


CERTIFICATE = {
    "fingerprint": "f1", "serial": "1", "subject": "CN=ca", "uris": [], "dns": [], "days_left": 100.0, "depth": 1,
    "not_after": "2027-01-01T00:00:00Z", "seen_at": ["mesh CA"],
}  # fmt: skip
GOOD = [
    result("mtls", cell("mtls"), cell("mtls", source="", case="sidecar"), certificates=[CERTIFICATE]),
    result("network_policy", cell("network_policy", expected="no answer"), not_covered=["UDP is only computed"]),
    result("pod_security", cell("pod_security", evidence={"control": "privileged"}, case="privileged")),
]


def options(path: Path, results: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    base = {
        "title": "T",
        "environment_name": "local",
        "clusters": ["primary"],
        "path": str(path),
        "fail": True,
        "max_age": 93600,
    }
    return {**base, "results": results, **changes}


def test_all_passes_write_both_files_and_do_not_fail(tmp_path: Path) -> None:
    written = run(options(tmp_path / "new" / "folder", GOOD))
    assert written["summary"] == {"pass": 4, "fail": 0, "inconclusive": 0, "total": 4}
    document = json.loads(Path(written["json"]).read_text())
    assert len(document["cells"]) == 4
    assert document["not_covered"] == [{"where": "primary: network_policy", "what": "UDP is only computed"}]


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(PlatformError, match=f"path: the report can't be written to {tmp_path / path}: "):
        run(options(tmp_path / path, GOOD))


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ([*GOOD, result("tls", cell("tls", "fail", reason="issued by Stranger"))], "issued by Stranger"),
        ([*GOOD, result("tls", cell("tls", "inconclusive"))], "1 of 5 cells"),
        ([*GOOD, {"proof": "tls", "cluster": "primary", "failed": True, "msg": "API server is gone"}], "is gone"),
        ([*GOOD, result("tls")], "the check returned no cell"),
        ([], "no check of this cluster ran to its end"),
    ],
)
def test_what_is_not_a_pass_fails_after_the_report_is_written(
    tmp_path: Path, results: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(PlatformError, match=says):
        run(options(tmp_path, results))
    assert says in (tmp_path / "report.json").read_text() or "of 5" in says
    assert run(options(tmp_path, results, fail=False))["summary"]["total"] > 0


def test_a_cluster_that_nobody_measured_is_a_finding() -> None:
    report = collect("T", "local", ["primary", "secondary"], GOOD, NOW)
    missing = [found for found in report.cells if found.cluster == "secondary"]
    assert [found.verdict for found in missing] == ["inconclusive"]


def test_a_cluster_of_which_only_another_ones_check_speaks_was_not_measured() -> None:
    results = [*GOOD, result("failover", cell("failover"), cell("failover", cluster="secondary"))]
    report = collect("T", "local", ["primary", "secondary"], results, NOW)
    assert [found.verdict for found in report.cells if found.cluster == "secondary"] == ["pass", "inconclusive"]


def test_a_skipped_check_is_told_as_not_covered() -> None:
    report = collect("T", "local", ["primary"], [*GOOD, {"proof": "tls", "cluster": "primary", "skipped": True}], NOW)
    assert ("primary: tls", "the check was skipped") in report.not_covered


def test_the_page_is_self_contained_and_escapes_what_it_shows(tmp_path: Path) -> None:
    evil = cell("mtls", "fail", observed="<script>alert(1)</script>", evidence={"body": "<img src=x onerror=y>"})
    run(options(tmp_path, [result("mtls", evil)], fail=False))
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page and "<img" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page), "nothing is fetched from anywhere"


@pytest.mark.parametrize("verdicts", [("fail", "pass"), ("pass", "fail"), ("inconclusive", "pass")])
def test_of_two_in_one_square_the_worse_is_shown_and_the_other_listed(verdicts: tuple[Any, Any]) -> None:
    cells = [cell("network_policy", verdict, case=str(number)) for number, verdict in enumerate(verdicts)]
    report = collect("T", "local", ["primary"], [result("network_policy", *cells)], NOW)
    (grid,) = grids(report, "network_policy")
    (entry,) = [entry for _name, row in grid.rows for entry in row if entry]
    (other,) = listed(report, "network_policy")
    assert (entry.cell.verdict, other.cell.verdict) == (min(verdicts), "pass")


def test_what_is_listed_tells_from_where_and_has_its_evidence(tmp_path: Path) -> None:
    asked = cell("metrics", source="controller", target="panel", evidence={"query": "sum(rate(x[5m]))"})
    run(options(tmp_path, [result("metrics", asked)]))
    text = (tmp_path / "index.html").read_text()
    assert "controller → panel" in text and "sum(rate(x[5m]))" in text


def test_every_cell_is_either_in_a_grid_or_in_a_list() -> None:
    report = collect("T", "local", ["primary"], GOOD, NOW)
    for proof in report.proofs:
        in_grids = sum(1 for grid in grids(report, proof) for _unused, row in grid.rows for entry in row if entry)
        assert in_grids + len(listed(report, proof)) == len(report.of(proof))


def test_calls_from_another_cluster_have_a_grid_of_their_own() -> None:
    across = cell("mtls", source="secondary: a/a", evidence={"caller_cluster": "secondary"})
    silent = cell("mtls", "inconclusive", source="secondary", target="everything", case="measurement")
    here = cell("mtls", evidence={"caller_cluster": "primary"})
    report = collect("T", "local", ["primary"], [result("mtls", here, across, silent)], NOW)
    shown = {grid.title: [name for name, _squares in grid.rows] for grid in grids(report, "mtls")}
    assert shown == {
        "primary": ["a/a → b/b:8080", "secondary → everything"],
        "primary, called from secondary": ["secondary: a/a → b/b:8080"],
    }
    assert listed(report, "mtls") == []


@pytest.mark.parametrize(
    ("expected", "verdict", "mark"),
    [
        ("allowed", "pass", "✓"),
        ("allowed", "fail", "✕"),
        ("refused", "pass", "✕"),
        ("refused", "fail", "✓"),
        ("refused: privileged", "pass", "✕"),
        ("refused", "inconclusive", "?"),
        ("at least 7 days left", "pass", "✓"),
        ("at least 7 days left", "fail", "✕"),
    ],
)
def test_a_square_shows_what_was_measured(expected: str, verdict: Any, mark: str) -> None:
    assert sign_of(Cell(**cell("mtls", verdict, expected=expected))) == mark


def test_the_table_names_what_fell_short() -> None:
    text = table(collect("T", "local", ["primary"], [*GOOD, result("tls", cell("tls", "fail"))], NOW))
    lines = text.splitlines()
    assert lines[0].split() == ["cluster", "proof", "pass", "fail", "inconclusive", "verdict"]
    assert any(line.startswith("primary") and line.endswith("FAIL") and "HTTPS endpoints" in line for line in lines)
    assert lines[-1].startswith("fail: primary: tls: a/a → b/b:8080 [plaintext]")


def test_many_that_fell_short_hide_none_of_another_proof() -> None:
    many = {**result("mtls"), "cells": [cell("mtls", "fail") for _turn in range(30)]}
    lines = table(
        collect("T", "local", ["primary"], [*GOOD, many, result("tls", cell("tls", "fail"))], NOW)
    ).splitlines()
    assert "and 22 more of Mutual TLS between workloads in primary: see the report" in lines
    assert lines[-1].startswith("fail: primary: tls:")


def test_certificates_are_told_once_the_first_to_end_on_top() -> None:
    leaf = {**CERTIFICATE, "fingerprint": "f2", "uris": ["spiffe://td/ns/a/sa/a"], "depth": 0, "days_left": 0.9}
    dead = {**CERTIFICATE, "fingerprint": "f3", "days_left": -1.0}
    close = {**CERTIFICATE, "fingerprint": "f4", "days_left": 20.0}
    found = bars([CERTIFICATE, leaf, CERTIFICATE, dead, close])
    assert [(mark.days_left, mark.state) for mark in found] == [
        (-1.0, "ended"),
        (0.9, "good"),
        (20.0, "soon"),
        (100.0, "good"),
    ]
    assert found[0].length == 0 and 0 < found[1].length < found[2].length < WIDTH


def test_the_axis_is_bounded() -> None:
    assert place(0) == 0 and place(10**6) == WIDTH


def failing() -> Findings:
    raise PlatformError("the API server did not answer")


def wrong() -> Findings:
    raise OptionError("namespaces.a: found 'x'")


def test_what_keeps_a_check_from_measuring_is_a_finding_and_wrong_options_are_not() -> None:
    quiet = conclude("mtls", {"cluster": "primary", "fail": False}, failing)
    assert quiet["summary"]["inconclusive"] == 1 and "did not answer" in quiet["short_of"]
    with pytest.raises(PlatformError, match="did not answer") as caught:
        conclude("mtls", {"cluster": "primary", "fail": True}, failing)
    assert caught.value.details["cells"]
    with pytest.raises(OptionError):
        conclude("mtls", {"cluster": "primary", "fail": False}, wrong)
    with pytest.raises(PlatformError, match="nothing was checked"):
        conclude("mtls", {"cluster": "primary", "fail": True}, lambda: Findings([]))


TIMELINE: dict[str, Any] = {
    "host": "test.localdev.me",
    "seconds": 100.0,
    "marks": [{"at": 10.0, "label": "taken away"}, {"at": 15.0, "label": "served again"}],
    "rows": [
        {"name": "clients", "spans": [
            {"since": 0.0, "until": 10.0, "state": "good", "label": "primary"},
            {"since": 10.0, "until": 10.1, "state": "bad", "label": "<refused>"},
            {"since": 50.0, "until": 100.0, "state": "other", "label": "secondary"},
        ]},
    ],
}  # fmt: skip


def test_a_drill_is_drawn_to_scale() -> None:
    found = lay_out(TIMELINE)
    (row,) = found.rows
    assert [(item.x, item.width) for item in row.bars] == [(0, WIDTH / 10), (WIDTH / 10, 2.0), (WIDTH / 2, WIDTH / 2)]
    assert row.bars[1].title == "10 to 10.1 s: <refused>", "too short to see, and seen all the same"
    assert [mark.y for mark in found.marks] == [0, 12], "marks that are close do not cover each other"
    assert [label for _unused, label in found.ticks][:3] == ["0 s", "10 s", "20 s"]
    assert lay_out({**TIMELINE, "seconds": 0.0, "rows": [], "marks": []}).rows == ()


def test_a_drill_is_on_the_page_and_in_the_document(tmp_path: Path) -> None:
    written = run(options(tmp_path, [result("failover", cell("failover"), timelines=[TIMELINE])]))
    page = (tmp_path / "index.html").read_text()
    assert "taken away (10 s)" in page and "&lt;refused&gt;" in page and "<refused>" not in page
    assert json.loads(Path(written["json"]).read_text())["timelines"] == [TIMELINE]


def test_verdicts_are_exported_for_the_next_run_to_compare(tmp_path: Path) -> None:
    results = [
        *GOOD,
        result("tls", *(cell("tls", v, cluster="secondary") for v in ("fail", "inconclusive")), cluster="secondary"),
    ]
    written = run(options(tmp_path, results, clusters=["primary", "secondary"], fail=False))
    document = json.loads(Path(written["json"]).read_text())
    assert [(entry["cluster"], entry["proof"], entry["verdict"]) for entry in document["verdicts"]] == [
        ("primary", "mtls", "PASS"), ("primary", "network_policy", "PASS"), ("primary", "pod_security", "PASS"),
        ("secondary", "tls", "FAIL"),
    ]  # fmt: skip
    lines = Path(written["metrics"]).read_text().splitlines()
    place = 'environment="local",cluster="secondary",proof="tls"'
    assert f'pingpong_proof_cells{{{place},verdict="fail"}} 1' in lines
    assert f'pingpong_proof_cells{{{place},verdict="pass"}} 0' in lines
    at = datetime.fromisoformat(document["generated_at"]).timestamp()
    assert f"pingpong_proof_timestamp_seconds{{{place}}} {at:.0f}" in lines
    assert f"pingpong_proof_max_age_seconds{{{place}}} 93600" in lines


def test_a_report_whose_age_nobody_promised_says_no_age(tmp_path: Path) -> None:
    written = run(options(tmp_path, GOOD, max_age=None))
    assert "max_age" not in Path(written["metrics"]).read_text()


@pytest.mark.parametrize(("proof", "title"), [("drift", "Drift from what is declared"), ("new_proof", "New proof")])
def test_a_proof_without_a_layout_is_a_list_under_its_name(tmp_path: Path, proof: str, title: str) -> None:
    run(options(tmp_path, [result(proof, cell(proof, target="ClusterRoleBinding x"))]))
    page = (tmp_path / "index.html").read_text()
    assert title in page and "ClusterRoleBinding x" in page


def test_a_timeline_is_drawn_with_the_proof_that_it_is_of(tmp_path: Path) -> None:
    drawn = {"host": "test.example", "seconds": 3.0, "marks": [], "rows": [{"name": "clients", "spans": []}]}
    run(options(tmp_path, [result("failover", cell("failover"), timelines=[drawn]), *GOOD]))
    assert (tmp_path / "index.html").read_text().count("what clients of test.example met") == 1


def test_panels_are_drawn_for_each_cluster_and_kept_in_the_document(tmp_path: Path) -> None:
    drawn = {
        "dashboard": "ping", "panel": "Pings <received>", "unit": "reqps", "left_out": 2,
        "series": [{"name": "<a>", "points": [[0, 1.0], [15, 3.0]]}],
    }  # fmt: skip
    results = [{**result("metrics", cell("metrics")), "cluster": name, "panels": [drawn]} for name in ("one", "two")]
    written = run(options(tmp_path, results, clusters=["one", "two"]))
    text = Path(written["html"]).read_text()
    for name in ("one", "two"):
        assert f'aria-label="Pings &lt;received&gt; in {name}"' in text
    assert text.count("<title>&lt;a&gt;: 3/s</title>") == 2
    assert text.count("and 2 lower") == 2
    kept = json.loads(Path(written["json"]).read_text())["panels"]
    assert kept == [{**drawn, "cluster": "one"}, {**drawn, "cluster": "two"}]
