"""``python -m pingpong``: run until SIGTERM or SIGINT; a second one skips the drain's delay."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sys

import structlog
import uvloop

from pingpong import logs, settings
from pingpong.service import CannotStartError, Service


def allow_open_files() -> None:
    """Take as many files as the system lets us: with none left, probes would find no connection either."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def run(config: settings.Settings) -> None:
    """Serve until a signal says stop."""
    service = Service(config)
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            service.hurry()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await service.start()
    await stop.wait()
    await service.stop()


def main() -> int:
    """The exit code: 0 after a drain, 1 when a port or file cannot be had, 2 for wrong settings."""
    try:
        config = settings.load()
    except settings.InvalidSettingsError as error:
        print(f"pingpong: wrong settings\n{error}", file=sys.stderr)
        return 2
    logs.configure(config)
    allow_open_files()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(config))
    except CannotStartError as error:
        structlog.get_logger().error("start_failed", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
