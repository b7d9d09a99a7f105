"""The page in headless Chromium: readable without scripts, fits its window, opens its evidence, and prints."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.collect import collect
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.write import page

from testbed.host import ensure_packages

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Opens the first entry and tells in the title: does the page fit, is the evidence seen, how many entries are red.
LOOK = """<script>
const entry = document.querySelector('td.fail details'); entry.open = true;
const shown = entry.querySelector('.behind').getBoundingClientRect();
document.title = [document.documentElement.scrollWidth <= innerWidth, shown.width > 100 && shown.height > 20,
  document.querySelectorAll('td.fail details').length].join(' ');
</script>"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = [f"pingpong-{letter}/workload-{number}" for letter in "ab" for number in range(5)]
    cells = [
        Cell("mtls", cluster, source, f"{target}:8080", case, "refused", "reset at read",
             "fail" if (source, case) == (names[0], "plaintext") else "pass", "no byte came back", {"pod": target})
        for cluster in ("primary", "secondary")
        for source in names
        for target in names
        if source != target
        for case in ("plaintext", "wrong_ca/tls1.2", "wrong_ca/tls1.3")
    ]  # fmt: skip
    long = Cell("metrics", "primary", "", "x" * 300, "y" * 300, "data", "none", "fail", "z" * 300, {"query": "q" * 300})
    results = [
        {"proof": "mtls", "cells": [cell.to_dict() for cell in cells]},
        {"proof": "metrics", "cells": [long.to_dict()]},
    ]
    report = collect("What runs", "local", ["primary", "secondary"], results, datetime(2026, 11, 22, tzinfo=UTC))
    path = Path(tmp_path_factory.mktemp("report")) / "index.html"
    path.write_text(page(report))
    return path


@functools.cache
def browser() -> str:
    """The browser on the path, installed where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        ensure_packages([BROWSERS[0]])
    return found or BROWSERS[0]


def chromium(*arguments: str, width: int = 1280) -> str:
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


@pytest.mark.parametrize("width", [1280, 600])
def test_the_page_fits_and_its_evidence_opens(file: Path, width: int) -> None:
    looked = file.with_name("looked.html")
    looked.write_text(file.read_text().replace("</body>", f"{LOOK}</body>"))
    title = re.search(r"<title>(.*?)</title>", chromium("--dump-dom", looked.as_uri(), width=width))
    assert title and title[1] == "true true 18"


def test_it_prints(file: Path) -> None:
    printed = file.with_name("report.pdf")
    chromium(f"--print-to-pdf={printed}", "--no-pdf-header-footer", file.as_uri())
    content = printed.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 2
