"""Programs out of Debian's packages, which are unpacked and not installed: installing some starts a service."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from testbed.host import HostError, cache_root, locked, run


def program(package: str) -> Path:
    """The program of a package's name: the machine's own, or the one in the cache, fetched on first use.

    Blocks; raises HostError.
    """
    if installed := shutil.which(package):
        return Path(installed)
    if not shutil.which("apt-get"):
        raise HostError(f"this needs Debian or a relative; install the like of: {package}")
    kept = cache_root() / "programs" / package
    with locked(cache_root() / "locks" / package):
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="pingpong-package-") as folder:
                _unpacked(package, Path(folder)).replace(kept)
    return kept


def _unpacked(package: str, folder: Path) -> Path:
    download = ["apt-get", "-q", "download", package]
    if run(download, cwd=folder, check=False).returncode:
        if os.geteuid():
            raise HostError(f"the package's lists are missing; as root: apt-get update && apt-get install {package}")
        run(["apt-get", "-q", "update"])
        run(download, cwd=folder)
    archive = next(folder.glob(f"{package}_*.deb"))
    run(["dpkg-deb", "-x", archive, folder / "files"])
    # Beside its place in the cache, so that the last step is one rename.
    beside = cache_root() / "programs" / f".{package}.{os.getpid()}"
    shutil.copy2(folder / "files" / "usr" / "bin" / package, beside)
    return beside
