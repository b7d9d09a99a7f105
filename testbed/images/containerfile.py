"""Images with a Containerfile of their own: built by buildah, over a base that was made here."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed.host import HostError, contained, ensure_packages, run

PACKAGES = ("buildah", "ca-certificates", "util-linux")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Not part of the image, so a change there builds nothing.
LEFT_OUT = ("tests", "chart", "bench", "build", "dist", "README.md")


@dataclass(frozen=True)
class Context:
    """A folder with a Containerfile that takes its base image as the build argument ``BASE``."""

    folder: Path

    def files(self) -> Iterator[Path]:
        """What its image is made of, in order."""
        for path in sorted(self.folder.rglob("*")):
            parts = path.relative_to(self.folder).parts
            hidden = any(part.startswith((".", "__pycache__")) or part.endswith(".egg-info") for part in parts)
            if parts[0] not in LEFT_OUT and not hidden and path.is_file():
                yield path

    @property
    def digest(self) -> str:
        """Hex digest of the files' names and contents."""
        content = [(str(path.relative_to(self.folder)), _sha256(path)) for path in self.files()]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build(context: Context, reference: str, base: tuple[str, Path], target: Path, cache: Path, log: Path) -> str:
    """Build the image into a Docker archive at ``target``; return its manifest's digest.

    ``base`` is the base image's reference and archive. Buildah's storage is a folder of the cache: nothing is
    left among the user's images. ``RUN`` steps go without a container of their own, so this works where
    containers may not be nested.
    """
    containerfile = context.folder / "Containerfile"
    if not containerfile.exists():
        raise HostError(f"{containerfile}: not found; {reference} is built from it")
    ensure_packages(PACKAGES, log)
    work = cache / "work" / "buildah"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    target.unlink(missing_ok=True)
    # Mounts made in a mount namespace of its own end with the command, even one that is killed.
    buildah = [*contained(), "buildah", "--root", str(cache / "buildah"), "--runroot", str(work / "run")]
    pull = ["pull", "--quiet", f"docker-archive:{base[1]}"]
    push = ["push", "--quiet", f"--digestfile={work / 'digest'}", reference, f"docker-archive:{target}:{reference}"]
    # First: what a build that was killed left.
    for command in (["rm", "--all"], pull, build_arguments(context, reference, base[0]), push):
        run([*buildah, *command], log=log, env={"TMPDIR": str(work)})
    digest = (work / "digest").read_text().strip()
    shutil.rmtree(work)
    return digest


def build_arguments(context: Context, reference: str, base: str) -> list[str]:
    """Buildah's arguments. Layers are kept, so that a change of the code fetches no package again."""
    return [
        "build", "--isolation=chroot", "--pull-never", "--timestamp=0", "--layers=true",
        f"--build-arg=BASE={base}", f"--build-arg=VERSION={reference.rpartition(':')[2]}",
        f"--build-arg=REVISION={context.digest}",
        # Packages are fetched while building: trust whom this machine trusts.
        f"--volume={CERTIFICATES}:{CERTIFICATES}:ro",
        f"--file={context.folder / 'Containerfile'}", f"--tag={reference}", str(context.folder),
    ]  # fmt: skip
