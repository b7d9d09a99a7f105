"""Which file an upstream's address means here. The folders are those that ``testbed.images.tools`` fills."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.cloud.published import charts

ISTIO = "istio-release.storage.googleapis.com"
RAW = "raw.githubusercontent.com"
JETSTACK = "charts.jetstack.io"
HOSTS = frozenset({ISTIO, JETSTACK, RAW})
# https://istio.io/latest/docs/setup/install/helm/
ISTIO_PREFIX = "/charts/"
ISTIO_CHARTS = ("base", "istiod", "istio-cni", "gateway")
CREATED = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Upstreams:
    """``folder`` holds the charts and manifests that were built, and ``versions.json`` their releases."""

    folder: Path

    def find(self, host: str, path: str) -> bytes | None:
        """What is published at this address; None for nothing."""
        if host == ISTIO and path.startswith(ISTIO_PREFIX):
            return self._istio(path.removeprefix(ISTIO_PREFIX))
        if host == JETSTACK:
            return self._jetstack(path.removeprefix("/"))
        if host == RAW:
            return self._contour(path)
        return None

    def _version(self, project: str) -> str:
        """The release that is built, without a leading v; empty for none."""
        try:
            releases: dict[str, str] = json.loads((self.folder / "versions.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ""
        return releases.get(project, "")

    def _istio(self, name: str) -> bytes | None:
        version = self._version("istio")
        folders = {self._chart(place): self.folder / "istio" / place for place in ISTIO_CHARTS} if version else {}
        if name == "index.yaml":
            return charts.index(folders.values(), version, CREATED).encode()
        found = next((folder for chart, folder in folders.items() if charts.file_name(chart, version) == name), None)
        return charts.archive(found, version) if found else None

    def _chart(self, place: str) -> str:
        described = yaml.safe_load((self.folder / "istio" / place / "Chart.yaml").read_text(encoding="utf-8"))
        return str(described["name"])

    def _jetstack(self, name: str) -> bytes | None:
        folder = self.folder / "cert-manager"
        if not folder.is_dir():
            return None
        version = str(yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))["version"])
        if name == "index.yaml":
            return charts.index([folder], version, CREATED).encode()
        return charts.archive(folder, version) if name == charts.file_name("cert-manager", version) else None

    def _contour(self, path: str) -> bytes | None:
        prefix = f"/projectcontour/contour/v{self._version('contour')}/examples/contour/"
        name = path.removeprefix(prefix)
        manifest = self.folder / "contour" / name
        return manifest.read_bytes() if path.startswith(prefix) and "/" not in name and manifest.is_file() else None
