"""A real Prometheus on loopback, which scrapes the pods of a LoopbackNode, and the programs that tests build."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from testbed.host import cache_root
from testbed.images import golang
from tests.support.apiserver import free_ports
from tests.support.loopback_node import until


def built(name: str) -> Path:
    """The folder of a Go module's programs, which are built where they are not."""
    module = golang.BY_NAME[name]
    return golang.build(module, cache_root(), cache_root() / "logs" / f"go-{name}.log")


@contextlib.contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    """Its URL; it scrapes what the node writes to ``targets.json`` in the folder every second."""
    (port,) = free_ports(1)
    (folder / "targets.json").write_text("[]")
    scrape = {
        "job_name": "ping", "scrape_interval": "1s", "metrics_path": "/-/metrics",
        "file_sd_configs": [{"files": [str(folder / "targets.json")], "refresh_interval": "1s"}],
    }  # fmt: skip
    (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": [scrape]}))
    url = f"http://127.0.0.1:{port}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [built("prometheus") / "prometheus", f"--config.file={folder / 'prometheus.yml'}",
             f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: _answers(f"{url}/-/ready"), "Prometheus is not ready")
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False
