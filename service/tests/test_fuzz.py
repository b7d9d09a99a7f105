"""The fuzz target runs for a bounded time, from the same seeds, in a folder that is thrown away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

atheris = pytest.importorskip("atheris", reason="no wheel of atheris for this Python")

SECONDS = int(os.environ.get("FUZZ_SECONDS", "15"))


@pytest.mark.timeout(SECONDS * 4 + 60)
def test_no_bytes_break_the_reader(tmp_path: Path) -> None:
    import fuzz_reader

    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(fuzz_reader.SEEDS):
        (corpus / str(number)).write_bytes(seed)
    words = tmp_path / "words"
    words.write_text(
        "\n".join(
            f'"{word}"'
            for word in (
                "Host: ", "\\x0d\\x0a", "Content-Length: ", "Transfer-Encoding: ", "chunked", "Connection: ", "close",
                "Upgrade", "HTTP/1.1", "HTTP/1.0", "POST /", "0\\x0d\\x0a\\x0d\\x0a", "Expect: 100-continue",
            )
        )
    )  # fmt: skip
    ended = subprocess.run(
        [
            sys.executable, fuzz_reader.__file__, f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=1024",
            "-max_len=2048", "-seed=1", f"-dict={words}", f"-artifact_prefix={tmp_path}/", str(corpus),
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS * 4 + 50, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    assert "Done " in ended.stderr
