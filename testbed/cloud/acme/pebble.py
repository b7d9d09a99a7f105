"""Pebble as a child process: strict, with a name server of ours, and certificates that live as long as is asked.

https://github.com/letsencrypt/pebble (README.md, test/config/pebble-config.json)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from testbed.cloud.core.state.files import write_private
from testbed.cloud.web import tls
from testbed.cloud.web.listeners import listening
from testbed.cloud.web.proxy import join
from testbed.host import TIED, HostError, cache_root
from testbed.images import golang

SECONDS = 30
DAYS_90 = 90 * 86400
DIRECTORY = "/dir"


@dataclass(frozen=True)
class Pebble:
    """A running server: its directory's URL, who signed its own certificate, and where it tells of itself."""

    directory: str
    authority: Path
    management: str

    def roots(self) -> str:
        """Whose certificates clients are to trust, as PEM."""
        context = ssl.create_default_context(cafile=self.authority)
        handler = urllib.request.HTTPSHandler(context=context)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
        with opener.open(f"{self.management}/roots/0", timeout=10) as answer:
            return str(answer.read().decode("ascii"))


def program() -> Path:
    """Pebble itself, built if need be."""
    cache = cache_root()
    return golang.build(golang.BY_NAME["pebble"], cache, cache / "logs" / "go-pebble.log") / "pebble"


@contextlib.contextmanager
def running(
    folder: Path,
    dns: str,
    ports: tuple[int, int],
    *,
    names: Sequence[str] = (),
    also: str = "",
    validity: int = DAYS_90,
) -> Iterator[Pebble]:
    """Serve on loopback until the block ends.

    folder: for its configuration and log. dns: the name server that it asks, ``host:port``.
    ports: of the directory, and of what tells the roots. validity: of certificates, in seconds.
    names: further ones that it is asked for by. also: another address that leads to it, whether it is there yet or not.
    """
    authority, own = _certificates(folder, names)
    config = folder / "pebble.json"
    directory, management = (f"127.0.0.1:{port}" for port in ports)
    write_private(config, json.dumps(_config(directory, management, own, validity)).encode())
    # Without it Pebble waits up to 15 seconds before each validation.
    environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1"}
    command = [*TIED, str(program()), "-config", str(config), "-dnsserver", dns, "-strict"]
    with (folder / "pebble.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
    pebble = Pebble(f"https://{directory}{DIRECTORY}", authority, f"https://{management}")
    try:
        _serves(pebble, process, folder / "pebble.log")
        with _led_from(also, ports[0]) if also else contextlib.nullcontext():
            yield pebble
    finally:
        process.terminate()
        process.wait()


def _serves(pebble: Pebble, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            pebble.roots()
        except (OSError, urllib.error.URLError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise HostError(f"Pebble does not serve; its log: {log}") from None
            time.sleep(0.1)
        else:
            return


@contextlib.contextmanager
def _led_from(address: str, port: int) -> Iterator[None]:
    """Hand what arrives at the port of another address to the server's."""
    loop = asyncio.new_event_loop()
    listener = listening(address, port)
    server = loop.run_until_complete(
        asyncio.start_server(lambda reader, writer: join(reader, writer, ("127.0.0.1", port)), sock=listener)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _certificates(folder: Path, names: Sequence[str]) -> tuple[Path, tuple[Path, Path]]:
    """The authority of the server's own certificate, and that certificate with its key; made anew with every start."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, certificate, key = (folder / name for name in ("acme-ca.pem", "acme.pem", "acme.key"))
    signer, signing = tls.authority("pingpong local ACME server")
    own, secret = tls.leaf(signer, signing, [], ["localhost", *names])
    authority.write_bytes(signer.public_bytes(serialization.Encoding.PEM))
    certificate.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    write_private(key, secret.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return authority, (certificate, key)


def _config(directory: str, management: str, own: tuple[Path, Path], validity: int) -> dict[str, object]:
    return {
        "pebble": {
            "listenAddress": directory,
            "managementListenAddress": management,
            "certificate": str(own[0]),
            "privateKey": str(own[1]),
            # Names are proved by DNS alone: nothing listens at the ports of the other challenges.
            "httpPort": 9,
            "tlsPort": 9,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "retryAfter": {"authz": 1, "order": 1},
            "keyAlgorithm": "ecdsa",
            "profiles": {"default": {"description": "All certificates", "validityPeriod": validity}},
        }
    }
