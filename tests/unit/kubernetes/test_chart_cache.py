"""What of a rendered chart is kept for the next run."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.charts import render


@pytest.mark.parametrize(
    ("version", "times"),
    [("1.30.0", 1), ("v1.2.3-rc.1+build", 1), (None, 2), ("~1.30", 2), ("1", 2), ("1.30.x", 2), (">=1.30.0", 2)],
)
def test_a_chart_of_a_repository_is_kept_when_its_version_is_exact(
    tmp_path: Path, version: str | None, times: int
) -> None:
    helm, runs = tmp_path / "helm", tmp_path / "runs"
    helm.write_text(f"#!/bin/sh\necho run >> {runs}\necho '{{kind: ConfigMap}}'\n")
    helm.chmod(0o700)
    chart = {"name": "x", "chart": "base", "repository": "https://charts.example.org", "version": version}
    for _turn in range(2):
        assert render(chart, str(helm), cache=tmp_path / "cache") == [{"kind": "ConfigMap"}]
    assert len(runs.read_text().splitlines()) == times
