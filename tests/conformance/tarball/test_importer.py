"""What Galaxy's own importer complains of is an error, and named. That the collection is taken, a release shows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GALAXY = """\
namespace: pingpong
name: small
version: 1.0.0
readme: README.md
authors: [nobody]
license: [MIT]
tags: [cloud]
repository: https://example.com
"""


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("removed", "complaint"),
    [("CHANGELOG.md", "No changelog found"), ("meta/runtime.yml", "requires_ansible")],
    ids=["changelog", "version of Ansible"],
)
def test_a_collection_that_lacks_something_is_refused(removed: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "galaxy.yml").write_text(GALAXY)
    (tmp_path / "README.md").write_text("# small\n")
    (tmp_path / "CHANGELOG.md").write_text("# 1.0.0\n")
    (tmp_path / "meta" / "runtime.yml").write_text('requires_ansible: ">=2.16.0"\n')
    (tmp_path / removed).unlink()
    galaxy = ROOT / ".venv" / "bin" / "ansible-galaxy"
    subprocess.run([galaxy, "collection", "build", "--output-path", tmp_path], cwd=tmp_path, check=True)
    command = [ROOT / "tools" / "importer", tmp_path / "pingpong-small-1.0.0.tar.gz"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert complaint in done.stdout
