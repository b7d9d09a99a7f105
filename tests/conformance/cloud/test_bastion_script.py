"""The bastion's startup script, held against the program that it configures, and the twin's reading of it likewise."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.cloud.access import bastion
from testbed.debian import program
from tests.support.apiserver import free_ports
from tests.support.roles import evaluated

# In the places of IAP's range and of a control plane's, whose own are not on this machine.
IAP, CONTROL_PLANE = "127.0.0.3/32", "127.0.0.0/28"
LOOPBACK, BY_IAP, STRANGER = "127.0.0.1", "127.0.0.3", "127.0.0.5"


def machine(by_iap: bool, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = evaluated(
        "network", "production", "__network_bastion_region[1]", network_bastion_proxy_iap=by_iap,
        __network_all_ranges=[{"control_plane": CONTROL_PLANE}], **changes,
    )  # fmt: skip
    return found


def script(by_iap: bool) -> str:
    items = machine(by_iap, __network_iap_ranges=[IAP])["metadata"]["items"]
    return next(str(item["value"]) for item in items if item["key"] == "startup-script")


@contextlib.contextmanager
def tinyproxy(folder: Path, by_iap: bool) -> Iterator[int]:
    """Run it as the script says, but for its user, its folder and its port; yields that."""
    (port,) = free_ports(1)
    for path, _unused, text in re.findall(
        r"^cat > (\S+) <<'(\w+)'\n(.*?)^\2$", script(by_iap), re.MULTILINE | re.DOTALL
    ):
        placed = re.sub(r"^(User|Group) .*\n", "", text, flags=re.MULTILINE)
        placed = placed.replace("/etc/tinyproxy", str(folder)).replace("Port 8888", f"Port {port}", 1)
        (folder / Path(path).name).write_text(placed)
    command = [program("tinyproxy", "tinyproxy-bin"), "-d", "-c", folder / "tinyproxy.conf"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            deadline = time.monotonic() + 20
            while socket.socket().connect_ex((LOOPBACK, port)):
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
            yield port
        finally:
            process.kill()


def asked(port: int, target: str, source: str, address: str = LOOPBACK) -> str:
    """The answer's status line to a CONNECT, without its version."""
    with socket.create_connection((address, port), timeout=10, source_address=(source, 0)) as connection:
        connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        return connection.makefile("rb").readline().decode().partition(" ")[2].strip()


# Nothing listens behind what is let through.
@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("127.0.0.2:443", "500 Unable to connect"),
        ("127.0.0.2:22", "403 Access violation"),
        ("127.0.1.2:443", "403 Filtered"),
        ("127.0.0.2.example.com:443", "403 Filtered"),
    ],
)
def test_it_leads_to_control_planes_alone_as_the_twin_says(tmp_path: Path, target: str, answer: str) -> None:
    with tinyproxy(tmp_path, by_iap=True) as port:
        assert asked(port, target, BY_IAP) == answer
    twin = bastion.proxy(machine(by_iap=True))
    assert twin is not None
    host, _unused, behind = target.rpartition(":")
    problem = twin.refusal(host, int(behind))
    assert (f"403 {problem}" if problem else "500 Unable to connect") == answer


@pytest.mark.parametrize("by_iap", [True, False])
def test_iap_is_answered_where_the_inventory_says_so_and_nobody_else(tmp_path: Path, by_iap: bool) -> None:
    with tinyproxy(tmp_path, by_iap) as port:
        assert asked(port, "127.0.0.2:443", LOOPBACK) == "500 Unable to connect"
        assert asked(port, "127.0.0.2:443", STRANGER) == "403 Access denied"
        if by_iap:
            assert asked(port, "127.0.0.2:443", BY_IAP, "127.0.0.4") == "500 Unable to connect"
        else:
            with pytest.raises(ConnectionRefusedError):
                asked(port, "127.0.0.2:443", BY_IAP, "127.0.0.4")
