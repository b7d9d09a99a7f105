"""Each step of a release runs here as its pipeline runs it, and Galaxy gets the tarball and the token."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.galaxy import Galaxy

ROOT = Path(__file__).parents[3]
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
TOKEN = "a-token-of-the-test"
GIVEN = {"github.ref_name": f"v{VERSION}", "secrets.GALAXY_TOKEN": TOKEN}
MINUTES = 10


@pytest.fixture
def galaxy() -> Iterator[Galaxy]:
    with Galaxy() as server:
        yield server


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
