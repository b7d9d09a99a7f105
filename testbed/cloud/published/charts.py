"""A chart repository out of chart folders: archives and index, the same bytes for the same content."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml


def archive(folder: Path, version: str) -> bytes:
    """The chart as its release has it: a gzipped tar below the chart's name, with the release's version."""
    described = _described(folder, version)
    raw = io.BytesIO()
    with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                place = path.relative_to(folder)
                own = str(place) == "Chart.yaml"
                data = yaml.safe_dump(described).encode() if own else path.read_bytes()
                member = tarfile.TarInfo(f"{described['name']}/{place}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return raw.getvalue()


def index(folders: Iterable[Path], version: str, created: str) -> str:
    """``index.yaml`` of a repository with one version of each chart. https://helm.sh/docs/topics/chart_repository/"""
    entries: dict[str, Any] = {}
    for folder in folders:
        chart = _described(folder, version)
        entries[chart["name"]] = [{**chart, "created": created, "urls": [file_name(chart["name"], version)]}]
    return yaml.safe_dump({"apiVersion": "v1", "generated": created, "entries": entries})


def file_name(chart: str, version: str) -> str:
    """The archive's name, relative to the repository's address."""
    return f"{chart}-{version}.tgz"


def _described(folder: Path, version: str) -> dict[str, Any]:
    chart: dict[str, Any] = yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))
    return {**chart, "version": version, "appVersion": version}
