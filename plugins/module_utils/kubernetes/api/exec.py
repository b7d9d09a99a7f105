# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Run a program in a container over the API server's websocket (``v5.channel.k8s.io``, ``v4`` of older servers)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import NamedTuple
from urllib.parse import quote, urlencode

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import refusal
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import (
    ConnectionLost,
    Transport,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.websocket import (
    ProtocolError,
    WebSocket,
    upgrade,
)

STDIN, STDOUT, STDERR, ERROR, CLOSE = 0, 1, 2, 3, 255
_CHUNK = 64 * 1024
_LINGER = 3.0  # seconds for the server to close after the exit code came


class ExecResult(NamedTuple):
    """A program's end: exit code and what it wrote, as text."""

    rc: int
    stdout: str
    stderr: str


def run_in_container(
    transport: Transport,
    namespace: str,
    pod: str,
    container: str | None,
    argv: Sequence[str],
    stdin: bytes | str | None,
    timeout: float,
) -> ExecResult:
    """Run ``argv`` in a container (None: the pod's first) and collect what it writes; ``timeout`` in seconds.

    DeadlineError when it has not ended by then; an ApiError when the server refuses; ConnectionLost when the stream
    breaks before the exit code, with ``sent`` False where the program certainly has not started.
    """
    deadline = time.monotonic() + timeout
    what = f"exec in {namespace}/{pod}" + (f" ({container})" if container else "")
    connection, response = transport.upgrade(
        _path(namespace, pod, container, argv, stdin is not None),
        upgrade("v5.channel.k8s.io, v4.channel.k8s.io"),
        timeout,
    )
    try:
        if response.status != 101:
            headers = {name.lower(): value for name, value in response.getheaders()}
            raise refusal(what, response.status, headers, response.read(), secret=False)
        # What follows the handshake may already be in the response's buffer: read on from there.
        socket = WebSocket(response.fp, connection.sock.sendall)
        if stdin is not None:
            closes = (response.getheader("Sec-WebSocket-Protocol") or "").startswith("v5.")
            data = stdin.encode() if isinstance(stdin, str) else stdin
            Thread(target=_feed, args=(socket, data, closes), daemon=True).start()
        return _collect(socket, deadline, connection.sock.settimeout, what)
    except TimeoutError:
        raise DeadlineError(f"{what}: {argv[0]} did not end within {timeout:g} seconds") from None
    except (ProtocolError, OSError) as error:
        raise ConnectionLost(f"{what}: {error or type(error).__name__}", sent=True) from None
    finally:
        response.close()
        connection.close()


def _path(namespace: str, pod: str, container: str | None, argv: Sequence[str], stdin: bool) -> str:
    query: list[tuple[str, str]] = [("command", word) for word in argv]
    query += [("stdout", "true"), ("stderr", "true")]
    if stdin:
        query.append(("stdin", "true"))
    if container:
        query.append(("container", container))
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/exec?{urlencode(query)}"


def _feed(socket: WebSocket, data: bytes, closes: bool) -> None:
    # A program that ends without reading its input breaks the pipe: its exit code reports that, not this thread.
    try:
        for start in range(0, len(data), _CHUNK):
            socket.send(bytes([STDIN]) + data[start : start + _CHUNK])
        if closes:
            socket.send(bytes([CLOSE, STDIN]))
    except OSError:
        return


def _collect(socket: WebSocket, deadline: float, settimeout: Callable[[float], None], what: str) -> ExecResult:
    """Read until the server closes: it copies each stream by itself, so the status may overtake the last output."""
    streams = {STDOUT: bytearray(), STDERR: bytearray(), ERROR: bytearray()}
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= 0 and not streams[ERROR]:
            raise TimeoutError
        settimeout(_LINGER if streams[ERROR] else remaining)
        try:
            message = socket.receive()
        except (TimeoutError, ProtocolError, OSError):
            if not streams[ERROR]:
                raise
            message = None
        if message is None:
            break
        channel, payload = (message[0], message[1:]) if message else (STDOUT, b"")
        if channel in streams:
            streams[channel] += payload
    if not streams[ERROR]:
        raise ConnectionLost(f"{what}: closed before the program's exit code came", sent=True)
    texts = (streams[stream].decode("utf-8", "replace") for stream in (STDOUT, STDERR))
    return ExecResult(_exit_code(bytes(streams[ERROR]), what), *texts)


def _exit_code(payload: bytes, what: str) -> int:
    try:
        status = json.loads(payload)
    except ValueError:
        raise PlatformError(f"{what}: the API server's status is not JSON") from None
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode":
            return int(cause.get("message", 1))
    raise PlatformError(f"{what}: {status.get('message') or status.get('reason') or 'failed'}")
