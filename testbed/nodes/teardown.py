"""Take the nodes' part of the testbed off the machine, down to what starting it had changed."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from testbed.host import locked, run, state_root, write_json
from testbed.nodes import record
from testbed.nodes.clusters import Clusters
from testbed.nodes.prepare import MODULES_FOLDER
from testbed.nodes.runtime import NETWORK, Runtime

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
NAMESPACES = Path("/run/netns")
CGROUPS = Path("/sys/fs/cgroup")
NAME_SERVER = Path("/run/containers/networks/aardvark-dns")
CHAIN_PREFIX = "NETAVARK"
TABLES = ("filter", "nat")
# What the testbed keeps in its state folder; anything else in there is not ours to remove.
STATE = ("bin", "charts", "cloud", "clusters", "locks", "pki", "secrets", "containers.conf", "images.json",
         "machine.json")  # fmt: skip


def remember_machine() -> None:
    """Note, before anything is started, what the start will change on the machine; ``down`` goes by it."""
    note = state_root() / "machine.json"
    with locked(state_root() / "locks" / "machine"):
        if not note.exists():
            write_json(note, {
                "modules_folder": MODULES_FOLDER.exists(),
                "ip_forward": FORWARDING.read_text().strip(),
                "chains": _chains(),
                "namespaces": _mounted(NAMESPACES),
                "name_server": _name_server() is not None,
            })  # fmt: skip


def down(clusters: Clusters, runtime: Runtime, progress: Callable[[str], None]) -> None:
    """Delete every cluster on our network and the network; put the machine back. Keeps the node image."""
    for name in sorted({*record.names(), *(node.cluster for node in runtime.nodes())}):
        clusters.delete(name)
    progress("network: remove")
    runtime.remove_network()
    if runtime.program == "podman" and not runtime.run("ps", "--all", "--quiet").split():
        _restore()


def remove_state() -> None:
    """Remove what the testbed keeps in its state folder, and the folder if nothing else is in it."""
    for name in STATE:
        path = state_root() / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if state_root().is_dir() and not any(state_root().iterdir()):
        state_root().rmdir()


def _restore() -> None:
    """Undo what podman leaves behind when its last container is gone, if it was not there before."""
    try:
        before = json.loads((state_root() / "machine.json").read_text())
    except FileNotFoundError:
        return
    if not before["chains"]:
        for table in TABLES:
            _remove_chains(table)
    if not before.get("name_server"):
        end_name_server()
    if not before.get("namespaces") and _mounted(NAMESPACES) and not any(NAMESPACES.iterdir()):
        run(["umount", NAMESPACES], check=False)
    for parent in (*CGROUPS.glob("libpod_parent"), *CGROUPS.glob("*/libpod_parent")):
        _remove_empty(parent)
    if before["ip_forward"] == "0":
        FORWARDING.write_text("0")
    if not before["modules_folder"] and MODULES_FOLDER.is_dir() and not any(MODULES_FOLDER.iterdir()):
        MODULES_FOLDER.rmdir()


def _name_server() -> int | None:
    """The process of podman's name server, which outlives containers that were ended by others."""
    try:
        pid = int((NAME_SERVER / "aardvark.pid").read_text())
        return pid if Path(f"/proc/{pid}/comm").read_text().strip() == "aardvark-dns" else None
    except (FileNotFoundError, ValueError):
        return None


def end_name_server() -> None:
    """End it, and remove what it would serve of our network."""
    pid = _name_server()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    for left in ("aardvark.pid", NETWORK):
        (NAME_SERVER / left).unlink(missing_ok=True)


def _chains() -> bool:
    """Whether podman's network has chains in the packet filter."""
    return any(f":{CHAIN_PREFIX}" in _rules(table) for table in TABLES)


def _rules(table: str) -> str:
    return run(["iptables-save", "--table", table], check=False).stdout if shutil.which("iptables-save") else ""


def _remove_chains(table: str) -> None:
    for arguments in removals(_rules(table)):
        run(["iptables", "--table", table, *arguments], check=False)


def removals(rules: str) -> list[list[str]]:
    """The arguments for iptables that take podman's chains out of ``iptables-save``'s rules: jumps, then chains."""
    lines = rules.splitlines()
    jumps = [shlex.split(line)[1:] for line in lines if line.startswith("-A") and f"-j {CHAIN_PREFIX}" in line]
    chains = [line[1:].split()[0] for line in lines if line.startswith(f":{CHAIN_PREFIX}")]
    return [
        *(["-D", *jump] for jump in jumps),
        *(["-F", chain] for chain in chains),
        *(["-X", chain] for chain in chains),
    ]


def _mounted(folder: Path) -> bool:
    """Whether something is mounted there; a folder bound to itself, as podman does, looks like none to stat."""
    return any(line.split()[4] == str(folder) for line in Path("/proc/self/mountinfo").read_text().splitlines())


def _remove_empty(folder: Path) -> None:
    """Remove a tree of control groups in which no process is."""
    for path, _unused, _unused in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            Path(path).rmdir()
