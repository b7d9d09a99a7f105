"""Make the machine ready for nodes: programs, packages, and what a bare machine lacks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from testbed.host import HostError, cache_root, ensure_packages, link, state_root
from testbed.images import golang
from testbed.nodes.runtime import Runtime, detect, docker_works

# podman's own recommendations are left out when packages are installed lean; runc since crun refuses hybrid cgroups
PODMAN_PACKAGES = ("podman", "netavark", "aardvark-dns", "runc", "iptables", "iproute2")
MODULES_FOLDER = Path("/lib/modules")
PROGRAMS = {"kind": ("kind", "kind"), "helm": ("helm", "helm"), "kubectl": ("kubernetes", "kubernetes")}


def container_runtime() -> Runtime:
    """Docker where it runs, else podman, installed if it is missing."""
    if not docker_works():
        ensure_packages(PODMAN_PACKAGES)
    return detect()


def installed_runtime() -> Runtime | None:
    """The container runtime, if the machine has one."""
    return detect() if docker_works() or shutil.which("podman") else None


def prepare_host() -> None:
    """Make the folder that kind mounts into nodes."""
    if not MODULES_FOLDER.exists():
        # kind mounts it; a kernel with everything built in has none
        if os.geteuid():
            raise HostError(f"{MODULES_FOLDER} is missing; as root: mkdir {MODULES_FOLDER}")
        MODULES_FOLDER.mkdir()


def link_programs() -> None:
    """Build kind, helm and kubectl unless they are there, and link them into the state's bin folder."""
    cache = cache_root()
    for name, (module, program) in PROGRAMS.items():
        log = cache / "logs" / f"go-{module}.log"
        built = golang.build(golang.BY_NAME[module], cache, log)
        link(state_root() / "bin" / name, built / program)
