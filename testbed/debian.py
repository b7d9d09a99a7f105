"""Programs out of Debian's packages, which are unpacked and not installed: installing some starts a service."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from testbed.host import HostError, cache_root, locked, run


def program(name: str, package: str = "") -> Path:
    """A program, of the package of its name or another: the machine's own, or the one in the cache.

    That is fetched on first use. Blocks; raises HostError.
    """
    package = package or name
    if installed := shutil.which(name):
        return Path(installed)
    if not shutil.which("apt-get"):
        raise HostError(f"this needs Debian or a relative; install the like of: {package}")
    kept = cache_root() / "programs" / name
    with locked(cache_root() / "locks" / name):
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="pingpong-package-") as folder:
                _unpacked(name, package, Path(folder)).replace(kept)
    return kept


def _unpacked(name: str, package: str, folder: Path) -> Path:
    download = ["apt-get", "-q", "download", package]
    if run(download, cwd=folder, check=False).returncode:
        if os.geteuid():
            raise HostError(f"the package's lists are missing; as root: apt-get update && apt-get install {package}")
        run(["apt-get", "-q", "update"])
        run(download, cwd=folder)
    archive = next(folder.glob(f"{package}_*.deb"))
    run(["dpkg-deb", "-x", archive, folder / "files"])
    # Beside its place in the cache, so that the last step is one rename.
    beside = cache_root() / "programs" / f".{name}.{os.getpid()}"
    shutil.copy2(folder / "files" / "usr" / "bin" / name, beside)
    return beside
