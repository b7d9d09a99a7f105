"""Images with a Containerfile of their own: built by buildah, over a base that was made here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from testbed.host import HostError, ensure_packages, run

PACKAGES = ("buildah", "ca-certificates", "util-linux")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Not part of the image, so a change there builds nothing.
LEFT_OUT = ("tests", "chart", "bench", "build", "dist")


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
    storage = cache / "buildah"
    storage.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with TemporaryDirectory(prefix="pingpong-buildah-") as scratch:
        # Mounts made in a mount namespace of its own end with the command, even one that is killed.
        private = ["unshare", "--mount", "--propagation=private", "--"]
        buildah = [*private, "buildah", "--root", str(storage), "--runroot", f"{scratch}/run"]
        digest = Path(scratch) / "digest"
        run([*buildah, "rm", "--all"], log=log)  # what a build that was killed left
        run([*buildah, "pull", "--quiet", f"docker-archive:{base[1]}"], log=log)
        run([*buildah, *build_arguments(context, reference, base[0])], log=log)
        push = ["push", "--quiet", f"--digestfile={digest}", reference, f"docker-archive:{target}:{reference}"]
        run([*buildah, *push], log=log)
        return digest.read_text().strip()


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
