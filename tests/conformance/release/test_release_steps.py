"""Each step of a release runs here as its pipeline runs it, and Galaxy gets the tarball and the token."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import threading
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
TOKEN = "a-token-of-the-test"
GIVEN = {"github.ref_name": f"v{VERSION}", "secrets.GALAXY_TOKEN": TOKEN}
MINUTES = 10


class Galaxy(ThreadingHTTPServer):
    """What ``ansible-galaxy collection publish`` asks of Galaxy; it keeps what it is sent and takes everything."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens: set[str | None] = set()
        self.tarballs: list[bytes] = []
        self.arguments: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"


class _Handler(BaseHTTPRequestHandler):
    server: Galaxy

    def do_GET(self) -> None:
        imported = {"id": "1", "state": "completed", "messages": [], "finished_at": "2026-01-01T00:00:00Z"}
        self._answer(imported if "/imports/" in self.path else {"available_versions": {"v3": "v3/"}})

    def do_POST(self) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self.rfile.read(int(self.headers["Content-Length"])))
        for part in form.get_payload():
            if part.get_filename():
                self.server.tarballs.append(b64decode(part.get_payload()))
        running = Path("/proc").glob("[0-9]*/cmdline")
        self.server.arguments += [found for path in running if b"galaxy" in (found := _read(path))]
        self._answer({"task": "/api/v3/imports/collections/1/"}, 202)

    def _answer(self, document: dict[str, Any], status: int = 200) -> None:
        self.server.tokens.add(self.headers["Authorization"])
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_unused: Any) -> None:
        pass


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


@pytest.fixture
def galaxy() -> Iterator[Galaxy]:
    with Galaxy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run_steps(job: str, **environment: str) -> str:
    """Run the scripts of a job, each with its environment; return what they said."""
    said = ""
    for step in (step for step in JOBS[job]["steps"] if "run" in step):
        given = {name: re.sub(r"\$\{\{ (\S+) \}\}", lambda match: GIVEN[match[1]], value)
                 for name, value in step.get("env", {}).items()}  # fmt: skip
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=ROOT, env={**os.environ, **given, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=MINUTES * 60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        said += done.stdout
    return said


def artifacts(job: str) -> list[Path]:
    paths = [step["with"]["path"] for step in JOBS[job]["steps"] if "/upload-artifact@" in step.get("uses", "")]
    return [found for path in paths for found in ROOT.glob(path)]


@pytest.mark.long
@pytest.mark.timeout(MINUTES * 60)
@pytest.mark.parametrize("job", ["build", "docs"])
def test_a_job_leaves_what_it_uploads(job: str) -> None:
    for stale in artifacts(job):
        stale.unlink()
    run_steps(job)
    assert artifacts(job)


def test_galaxy_gets_the_tarball_and_the_token_is_no_argument(galaxy: Galaxy) -> None:
    said = run_steps("publish", ANSIBLE_GALAXY_SERVER_GALAXY_URL=galaxy.url)
    tarball = ROOT / "dist" / f"pingpong-platform-{VERSION}.tar.gz"
    sent = [hashlib.sha256(body).hexdigest() for body in galaxy.tarballs]
    assert sent == [hashlib.sha256(tarball.read_bytes()).hexdigest()]
    assert galaxy.tokens == {f"Token {TOKEN}"}
    assert galaxy.arguments
    assert not any(TOKEN.encode() in arguments for arguments in galaxy.arguments)
    assert TOKEN not in said


def test_a_tag_of_another_version_is_refused_before_galaxy_is_asked(
    galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GIVEN, "github.ref_name", f"v{VERSION}1")
    with pytest.raises(AssertionError, match=f"expected v{VERSION}"):
        run_steps("publish", ANSIBLE_GALAXY_SERVER_GALAXY_URL=galaxy.url)
    assert galaxy.tokens == set()
