"""What verify found reaches Prometheus: published by the playbook's own last play, read by a real Prometheus."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.dashboard.panels import (
    judge_panel,
    queries,
    reply_from,
)

from tests.support.alerting import Prometheus
from tests.support.apiserver import ApiServer
from tests.support.plays import playbook

ROOT = Path(__file__).parents[3]
DASHBOARDS = ROOT / "roles" / "monitoring" / "files" / "dashboards"
CLUSTERS = ("primary", "secondary")
Verdicts = dict[str, str]


@pytest.fixture(scope="module")
def client(server: ApiServer) -> Iterator[ClusterClient]:
    found = ClusterClient.from_connection(server.connection)
    found.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}})
    yield found
    found.delete("v1", "Namespace", "monitoring")
    found.close()


@pytest.fixture
def report(tmp_path: Path, server: ApiServer) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The last play of verify.yml, for clusters of which each had one proof with one cell; both are the one server."""

    def run(verdicts: Verdicts, **extra: Any) -> subprocess.CompletedProcess[str]:
        hosts = {name: {"verify_results": [_result(name, verdict)]} for name, verdict in verdicts.items()}
        common = {
            "ansible_connection": "local",
            "platform_environment": "tests",
            "cluster_connection": server.connection,
            "verify_report_path": str(tmp_path / "report"),
            **extra,
        }
        inventory, book = tmp_path / "hosts.yml", tmp_path / "last.yml"
        inventory.write_text(yaml.safe_dump({"clusters": {"hosts": hosts, "vars": common}}))
        book.write_text(yaml.safe_dump(yaml.safe_load((ROOT / "playbooks" / "verify.yml").read_text())[-1:]))
        return playbook("-i", str(inventory), str(book), folder=tmp_path)

    return run


def _result(cluster: str, verdict: Any) -> dict[str, Any]:
    cell = Cell(proof="mtls", cluster=cluster, source="a", target="b", case="plaintext", expected="refused",
                observed="reset", verdict=verdict)  # fmt: skip
    return {"proof": "mtls", "cluster": cluster, "cells": [cell.to_dict()]}


def _published(client: ClusterClient) -> str:
    found = client.get("v1", "ConfigMap", "proof-verdicts", "monitoring")
    assert found is not None, "nothing was published"
    return str(found["data"]["report.prom"])


def test_verdicts_are_published_when_they_fail_the_run_and_when_they_pass(
    report: Callable[..., subprocess.CompletedProcess[str]], client: ClusterClient, tmp_path: Path
) -> None:
    failed = report({"primary": "pass", "secondary": "fail"})
    assert failed.returncode != 0, failed.stdout
    assert "1 of 2 cells" in failed.stdout
    assert _published(client) == (tmp_path / "report" / "report.prom").read_text()
    place = 'environment="tests",cluster="secondary",proof="mtls"'
    assert f'pingpong_proof_cells{{{place},verdict="fail"}} 1' in _published(client)
    time.sleep(1)  # the next report is of another second
    passed = report({"primary": "pass", "secondary": "pass"})
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "changed=1" not in passed.stdout, "a new time of the same verdicts is no change"
    assert _published(client) == (tmp_path / "report" / "report.prom").read_text()
    assert f'pingpong_proof_cells{{{place},verdict="fail"}} 0' in _published(client)


def test_nothing_is_published_where_no_prometheus_is_wanted(
    report: Callable[..., subprocess.CompletedProcess[str]], client: ClusterClient
) -> None:
    before = client.get("v1", "ConfigMap", "proof-verdicts", "monitoring")
    assert report({"primary": "pass"}, monitoring_state="absent").returncode == 0
    assert client.get("v1", "ConfigMap", "proof-verdicts", "monitoring") == before


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    with Prometheus(tmp_path / "prometheus") as started:
        yield started


def _alerts(answer: Any, name: str) -> list[dict[str, str]]:
    return [alert["labels"] for alert in answer["data"]["alerts"] if alert["labels"]["alertname"] == name]


def test_a_failed_proof_alerts_and_the_next_run_that_passes_ends_it(
    report: Callable[..., subprocess.CompletedProcess[str]], client: ClusterClient, prometheus: Prometheus
) -> None:
    missing = prometheus.until("/api/v1/alerts", lambda answer: _alerts(answer, "ProofMissing"))
    assert {labels["proof"] for labels in _alerts(missing, "ProofMissing")} >= {"mtls", "drift"}
    assert _alerts(missing, "ProofFailed") == _alerts(missing, "TargetDown") == []
    report({"primary": "pass", "secondary": "fail"})
    (prometheus.verdicts / "report.prom").write_text(_published(client))
    failed = prometheus.until("/api/v1/alerts", lambda answer: _alerts(answer, "ProofFailed"))
    (labels,) = _alerts(failed, "ProofFailed")
    assert {name: labels[name] for name in ("cluster", "environment", "proof", "severity")} == {
        "cluster": "secondary", "environment": "tests", "proof": "mtls", "severity": "page",
    }  # fmt: skip
    assert "mtls" not in {labels["proof"] for labels in _alerts(failed, "ProofMissing")}
    for query in queries(json.loads((DASHBOARDS / "proofs.json").read_text())):
        asked = f"/api/v1/query?query={quote(query.expression)}"
        prometheus.until(asked, lambda answer: judge_panel(reply_from(answer)).verdict == "pass")
    report({"primary": "pass", "secondary": "pass"})
    (prometheus.verdicts / "report.prom").write_text(_published(client))
    prometheus.until("/api/v1/alerts", lambda answer: not _alerts(answer, "ProofFailed"))


def test_a_proof_that_is_older_than_promised_alerts(
    report: Callable[..., subprocess.CompletedProcess[str]], client: ClusterClient, prometheus: Prometheus
) -> None:
    report({"primary": "pass"}, verify_max_age=1)
    (prometheus.verdicts / "report.prom").write_text(_published(client))
    stale = prometheus.until("/api/v1/alerts", lambda answer: _alerts(answer, "ProofStale"))
    assert [labels["proof"] for labels in _alerts(stale, "ProofStale")] == ["mtls"]
