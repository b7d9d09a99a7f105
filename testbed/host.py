"""What the testbed asks of the machine it runs on: folders, locks, programs to run, Debian packages.

Errors are :class:`HostError` with a sentence that a person can act on.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TAIL_LINES = 15
# Before a command that changes something: it ends when the thread that ran it does, even by SIGKILL, so that
# the next run finds nobody at work on what it carries on.
TIED = ("setpriv", "--pdeathsig", "KILL", "--")
# The same for all of the command's family, and for what it mounts. Needs root.
CONTAINED = (
    *TIED, "unshare", "--mount", "--propagation=private", "--pid", "--mount-proc", "--fork", "--kill-child", "--",
)  # fmt: skip


class HostError(RuntimeError):
    """The machine lacks something, or a program that was run on it failed."""


def cache_root() -> Path:
    """Where built things are kept by the content of their recipe: ``$PINGPONG_CACHE`` or ``~/.cache``."""
    return Path(os.environ.get("PINGPONG_CACHE") or Path.home() / ".cache" / "pingpong-platform")


def state_root() -> Path:
    """Where one running platform keeps its state: ``$PINGPONG_STATE`` or the checkout's ``.local``, links followed."""
    return Path(os.environ.get("PINGPONG_STATE") or REPOSITORY / ".local").resolve()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file. The kernel lets go of it when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(
    arguments: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    check: bool = True,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its output.

    With ``log`` the output is appended to that file as it comes instead. ``env`` is added to the
    environment. A failure raises :class:`HostError` with the command and the last lines it printed.
    """
    command = [str(argument) for argument in arguments]
    environment = {**os.environ, **(env or {})}
    out = None
    start = 0
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            start = log.stat().st_size if log.exists() else 0
            out = log.open("ab")
        answer = subprocess.run(
            command, env=environment, cwd=cwd, input=stdin, text=True, check=False, timeout=timeout,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=out or subprocess.PIPE, stderr=subprocess.STDOUT if out else subprocess.PIPE,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise HostError(f"{command[0]}: this program is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise HostError(f"{' '.join(command[:4])}: not done after {timeout:g} s") from error
    finally:
        if out:
            out.close()
    if check and answer.returncode:
        said = _since(log, start) if log is not None else f"{answer.stdout}\n{answer.stderr}"
        tail = "\n".join(line for line in said.strip().splitlines()[-TAIL_LINES:])
        raise HostError(f"{' '.join(command[:6])}: exit code {answer.returncode}\n{tail}")
    return answer


def _since(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def contained() -> tuple[str, ...]:
    """The strongest leash that this user may put on a command."""
    return TIED if os.geteuid() else CONTAINED


def missing_packages(names: Iterable[str]) -> list[str]:
    """Those of the named Debian packages that are not installed."""
    return [name for name in names if not _installed(name)]


def _installed(name: str) -> bool:
    answer = run(["dpkg-query", "-W", "-f=${db:Status-Status}", name], check=False)
    return answer.returncode == 0 and answer.stdout == "installed"


def ensure_packages(names: Iterable[str], log: Path | None = None) -> list[str]:
    """Install the Debian packages that are missing; return which. Needs root only when one is missing."""
    if not shutil.which("dpkg-query"):
        raise HostError(f"this needs Debian or a relative; install the like of: {' '.join(names)}")
    wanted = list(names)
    if not missing_packages(wanted):
        return []
    with locked(cache_root() / "locks" / "apt"):
        missing = missing_packages(wanted)
        if missing and os.geteuid() != 0:
            raise HostError(f"packages are missing; as root: apt-get install {' '.join(missing)}")
        if missing:
            apt = ["apt-get", "-o", "DPkg::Lock::Timeout=600", "-q"]
            quiet = {"DEBIAN_FRONTEND": "noninteractive"}
            run([*apt, "update"], log=log, env=quiet)
            run([*apt, "install", "-y", "--no-install-recommends", *missing], log=log, env=quiet)
        return missing


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old text or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object, mode: int = 0o644) -> None:
    write_whole(path, json.dumps(value, indent=2, sort_keys=True) + "\n", mode)


def link(path: Path, target: Path) -> None:
    """Make ``path`` a symbolic link to ``target``, replacing another link in one step."""
    if path.is_symlink() and path.readlink() == target:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)
