"""Debian root filesystems, bootstrapped from packages: the base layers of the images."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.host import contained, run

# Fixed, so that the same packages give the same bytes.
EPOCH = 1_700_000_000
# What no container reads. Copyright files stay: the licences ask for them.
EXCLUDED = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
KEPT = ("/usr/share/doc/*/copyright",)


@dataclass(frozen=True)
class RootFilesystem:
    """A minimal Debian with packages. ``hooks`` are shell lines run at the end, ``$1`` being its root."""

    name: str
    packages: Sequence[str]
    suite: str = "bookworm"
    excluded: Sequence[str] = ()
    hooks: Sequence[str] = ()
    usual_seconds: int = 60

    @property
    def digest(self) -> str:
        recipe = [self.suite, sorted(self.packages), [*EXCLUDED, *KEPT, *self.excluded], list(self.hooks), EPOCH]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]

    def output(self, cache: Path) -> Path:
        """The tar file that holds it."""
        return cache / "rootfs" / f"{self.name}-{self.digest}.tar"

    def command(self, target: Path) -> list[str]:
        """The bootstrap's command line. Device files stay out: a container's runtime makes its own."""
        options = [f"--dpkgopt=path-exclude={path}" for path in (*EXCLUDED, *self.excluded)]
        options += [f"--dpkgopt=path-include={path}" for path in KEPT]
        options += [f"--customize-hook={hook}" for hook in self.hooks]
        if self.packages:
            options.append(f"--include={','.join(sorted(self.packages))}")
        return [
            "mmdebstrap", "--variant=minbase", "--format=tar", "--skip=output/dev", *options, self.suite, str(target),
        ]  # fmt: skip


def build(rootfs: RootFilesystem, cache: Path, log: Path) -> Path:
    """Bootstrap it unless it is there; return its tar file."""
    output = rootfs.output(cache)
    if output.exists():
        return output
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    work = cache / "work" / output.stem
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    environment = {"SOURCE_DATE_EPOCH": str(EPOCH), "TMPDIR": str(work)}
    run([*contained(), *rootfs.command(partial)], log=log, env=environment)
    partial.replace(output)
    shutil.rmtree(work)
    return output
