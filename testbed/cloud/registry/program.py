"""docker-registry out of Debian's package, which is unpacked and not installed: installing it starts a service."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from testbed.host import HostError, cache_root, locked, run

PACKAGE = "docker-registry"


def docker_registry() -> Path:
    """The program: the machine's own, or the one in the cache, fetched on first use. Blocks; raises HostError."""
    if installed := shutil.which(PACKAGE):
        return Path(installed)
    if not shutil.which("apt-get"):
        raise HostError(f"this needs Debian or a relative; install the like of: {PACKAGE}")
    program = cache_root() / "programs" / PACKAGE
    with locked(cache_root() / "locks" / PACKAGE):
        if not program.is_file():
            program.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="pingpong-registry-") as folder:
                _unpacked(Path(folder)).replace(program)
    return program


def _unpacked(folder: Path) -> Path:
    download = ["apt-get", "-q", "download", PACKAGE]
    if run(download, cwd=folder, check=False).returncode:
        if os.geteuid():
            raise HostError(f"the package's lists are missing; as root: apt-get update && apt-get install {PACKAGE}")
        run(["apt-get", "-q", "update"])
        run(download, cwd=folder)
    archive = next(folder.glob(f"{PACKAGE}_*.deb"))
    run(["dpkg-deb", "-x", archive, folder / "files"])
    # Beside its place in the cache, so that the last step is one rename.
    beside = cache_root() / "programs" / f".{PACKAGE}.{os.getpid()}"
    shutil.copy2(folder / "files" / "usr" / "bin" / PACKAGE, beside)
    return beside
