"""The servers that are compared: each one process on loopback, one core, the same answer, the same metrics."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
BASELINE = Path(__file__).parent / "baseline"


class BenchError(Exception):
    """The comparison cannot be made; the message says what is missing."""


@dataclass(frozen=True)
class Contender:
    """A program and what its row is called. ``{port}`` in the arguments is the port to listen on."""

    name: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @contextmanager
    def running(self) -> Iterator[tuple[int, int]]:
        """The process's id and port, once it answers."""
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(
                [argument.format(port=port) for argument in self.arguments],
                cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**_inherited(), **{name: value.format(port=port) for name, value in self.environment}},
            )  # fmt: skip
            try:
                wait_for(port, process)
                yield process.pid, port
            finally:
                process.kill()
                process.wait()


def contenders() -> list[Contender]:
    """Ours first; Go's twice, because limits cost something and ours always has them."""
    program = str(build_baseline())
    ours = Contender(
        "pingpong, with its limits",
        (sys.executable, "-m", "pingpong"),
        (("PYTHONPATH", str(REPOSITORY / "service" / "src")), ("SERVICE__HOST", "127.0.0.1"),
         ("SERVICE__PORT", "{port}"), ("SERVICE__METRICS_PORT", "0")),
    )  # fmt: skip
    one_core = (("GOMAXPROCS", "1"),)
    return [
        ours,
        Contender("Go net/http, no limits", (program, "127.0.0.1:{port}"), one_core),
        Contender("Go net/http, the same limits", (program, "127.0.0.1:{port}", "limits"), one_core),
    ]


def build_baseline() -> Path:
    """The Go program, built once for each content of its source."""
    content = b"".join(path.read_bytes() for path in sorted(BASELINE.iterdir()))
    cache = Path(os.environ.get("PINGPONG_CACHE") or Path.home() / ".cache" / "pingpong-platform")
    program = cache / "bench" / f"baseline-{hashlib.sha256(content).hexdigest()[:16]}"
    if program.exists():
        return program
    if shutil.which("go") is None:
        raise BenchError("go is not on the path: the yardstick is built with it")
    print("building the Go yardstick (usually 20 s) …", flush=True)
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    subprocess.run(
        ["go", "build", "-trimpath", "-buildvcs=false", "-o", str(unfinished), "."],
        cwd=BASELINE, env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}, check=True,
    )  # fmt: skip
    unfinished.rename(program)
    return program


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Until the port answers. Raises ``BenchError`` when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise BenchError(f"{process.args!r} did not listen on port {port} within {seconds:g} s (exit: {process.poll()})")


def _inherited() -> dict[str, str]:
    """The environment without settings of the service's, which would change what is measured."""
    return {name: value for name, value in os.environ.items() if "__" not in name and name != "TARGET"}
