"""`python -m testbed.cloud serve`: run the local cloud in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
from pathlib import Path

from testbed.cloud.app import LocalCloud
from testbed.cloud.backend import Backend
from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.settings import Settings

PORT = int(os.environ.get("PINGPONG_CLOUD_PORT", "18443"))
DNS_PORT = int(os.environ.get("PINGPONG_DNS_PORT", "18053"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m testbed.cloud", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve Google's APIs on loopback until SIGTERM")
    state = Path(os.environ.get("PINGPONG_STATE", ".local")) / "cloud"
    serve.add_argument("--state", type=Path, default=state, help="folder of ca.pem, token and state (%(default)s)")
    serve.add_argument("--port", type=int, default=PORT)
    serve.add_argument("--proxy-port", type=int, help="the CONNECT proxy's port (default: port + 1)")
    serve.add_argument("--dns-port", type=int, help="the DNS server's port (default: 18053, or free with --port 0)")
    serve.add_argument("--backend", choices=("kind", "memory"), default="kind", help="where clusters come from")
    serve.add_argument("--settings", type=json.loads, default={}, help="settings as JSON, see core/settings.py")
    serve.add_argument("--log-level", default="INFO")
    return parser.parse_args()


def _backend(name: str) -> Backend:
    if name == "memory":
        return MemoryBackend(delay=1.0)
    from testbed.cloud.backend.kind import KindBackend

    return KindBackend()


async def _serve(arguments: argparse.Namespace) -> None:
    proxy_port = arguments.proxy_port
    if proxy_port is None:
        proxy_port = arguments.port + 1 if arguments.port else 0
    dns_port = arguments.dns_port
    if dns_port is None:
        dns_port = DNS_PORT if arguments.port == PORT else 0
    cloud = LocalCloud(
        folder=arguments.state,
        backend=_backend(arguments.backend),
        settings=Settings().updated(arguments.settings),
        port=arguments.port,
        proxy_port=proxy_port,
        dns_port=dns_port,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await cloud.start()
    said = {
        "endpoint": cloud.endpoint,
        "proxy": f"http://{cloud.host}:{cloud.proxy_port}",
        "dns": f"{cloud.host}:{cloud.dns_port}",
        "ca_file": str(arguments.state / "ca.pem"),
        "pid": os.getpid(),
    }
    print(json.dumps(said), flush=True)
    await stopping.wait()
    await cloud.stop()


def main() -> None:
    """Run the command."""
    arguments = _arguments()
    os.umask(0o077)
    logging.basicConfig(level=arguments.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_serve(arguments))


if __name__ == "__main__":
    main()
