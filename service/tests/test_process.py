"""The process: how it starts, says no, drains and ends."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import certificates
import pytest
from running import hello, read_all, shake_hands, statuses

GET = b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
SOURCE = Path(__file__).parents[1] / "src"


def environment(**settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH")}
    return {
        **inherited, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1", "SERVICE__HOST": "127.0.0.1",
        "SERVICE__PORT": "0", "SERVICE__METRICS_PORT": "0", **settings,
    }  # fmt: skip


def with_tls(folder: Path) -> dict[str, str]:
    """Settings for a TLS port, with a certificate in ``folder``."""
    volume = certificates.SecretVolume(folder / "tls")
    volume.put(*certificates.make("first"))
    return {"TLS__CERT_FILE": str(volume.cert_file), "TLS__KEY_FILE": str(volume.key_file), "TLS__PORT": "0"}


class Process:
    """A service in a process of its own, in a folder that it may not write."""

    def __init__(self, folder: Path, *, soft_files: int = 0, files: int = 0, **settings: str) -> None:
        def limit() -> None:
            if soft_files or files:
                most = files or resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft_files or files, most))

        self.process = subprocess.Popen(
            [sys.executable, "-m", "pingpong"], cwd=folder, env=environment(**settings),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limit,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.started = json.loads(self.process.stdout.readline())

    def connect(self, port: str = "http") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.started[port]), timeout=10)

    def get(self, path: str, port: str) -> int:
        with self.connect(port) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            return statuses(read_all(connection))[0]

    def seconds_of_cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait_ready(self, expected: int) -> None:
        deadline = time.monotonic() + 5
        while self.get("/readyz", "metrics") != expected:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def end(self) -> tuple[int, list[dict[str, object]]]:
        """The exit code and the rest of the log."""
        out, _unused = self.process.communicate(timeout=15)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Process]]:
    """Processes that the test started; none outlives it."""
    processes: list[Process] = []
    yield processes
    for process in processes:
        if process.process.poll() is None:
            process.process.kill()
        process.process.communicate()


def test_a_drain_loses_nothing(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="0.7", DRAIN__TIMEOUT_SECONDS="3")
    started.append(service)
    idle, busy = service.connect(), service.connect()
    idle.sendall(GET)
    assert statuses(idle.recv(1000)) == [200]
    busy.sendall(GET[:10])
    service.terminate()

    # readiness fails first; everything else still works, new connections too
    service.wait_ready(503)
    assert service.get("/healthz", "metrics") == 200
    assert service.get("/ping", "http") == 200

    # then the listener closes; the one that was under way is finished, and told that it was the last
    assert idle.recv(1000) == b""
    with pytest.raises(ConnectionRefusedError):
        service.connect().close()
    assert service.get("/healthz", "metrics") == 200
    busy.sendall(GET[10:])
    reply = read_all(busy)
    assert statuses(reply) == [200]
    assert b"connection: close" in reply

    code, log = service.end()
    assert code == 0
    assert [line["event"] for line in log] == ["draining", "stopped"]
    assert log[-1]["connections_cut"] == 0


def test_replies_ask_to_move_on_while_draining(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="5")
    started.append(service)
    client = service.connect()
    service.terminate()
    service.wait_ready(503)
    client.sendall(GET)
    assert b"connection: close" in read_all(client)


@pytest.mark.parametrize("port", ["http", "https"])
def test_a_drain_fails_no_request_of_clients_that_do_as_they_are_told(
    tmp_path: Path, started: list[Process], port: str
) -> None:
    """They follow ``connection: close`` and connect again at once, until nobody listens any more."""
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="0.2", **with_tls(tmp_path))
    started.append(service)
    failures: list[str] = []
    served: list[int] = []

    def call() -> None:
        connection: socket.socket | None = None
        while True:
            try:
                connection = connection or service.connect(port)
            except ConnectionRefusedError:
                return
            except OSError as error:  # met by the closing of the listener in the middle of the handshake
                failures.append(f"connecting: {error}")
                return
            try:
                if port == "https" and not isinstance(connection, ssl.SSLSocket):
                    connection = shake_hands(connection)
                connection.sendall(GET)
                reply = connection.recv(4096)
            except OSError as error:
                failures.append(str(error))
                return
            served.extend(statuses(reply) or failures.append("no reply") or [])
            if b"connection: close" in reply:
                connection.close()
                connection = None

    clients = [threading.Thread(target=call) for _turn in range(12)]
    for client in clients:
        client.start()
    time.sleep(0.3)
    service.terminate()
    for client in clients:
        client.join()
    assert service.end()[0] == 0
    assert failures == []
    assert len(served) > 100


@pytest.mark.parametrize("port", ["http", "https"])
def test_one_that_has_just_connected_is_heard(tmp_path: Path, started: list[Process], port: str) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="0", **with_tls(tmp_path))
    started.append(service)
    fresh = service.connect(port)
    time.sleep(0.1)
    service.terminate()
    time.sleep(0.3)
    if port == "https":
        fresh = shake_hands(fresh)
    fresh.sendall(GET)
    assert statuses(read_all(fresh)) == [200]
    assert service.end()[0] == 0


def test_a_handshake_that_nobody_finishes_holds_no_drain_up(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="0", LIMITS__LINGER_SECONDS="0.3", **with_tls(tmp_path))
    started.append(service)
    with service.connect("https") as silent:
        time.sleep(0.1)
        began = time.monotonic()
        service.terminate()
        code, log = service.end()
        assert read_all(silent) == b""
    assert code == 0
    assert log[-1]["connections_cut"] == 0
    assert time.monotonic() - began < 10


def test_handshakes_that_fail_fill_no_log(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="0", **with_tls(tmp_path))
    started.append(service)
    for sent in (GET, b"\x16", hello("localhost").replace(b"localhost", b"loc\xff\xfe\x80ost"), b""):
        with service.connect("https") as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            assert statuses(read_all(client)) == []
    service.terminate()
    out, errors = service.process.communicate(timeout=15)
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["draining", "stopped"]
    assert errors == ""


def test_what_does_not_finish_is_cut(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="0", DRAIN__TIMEOUT_SECONDS="0.3")
    started.append(service)
    stuck = service.connect()
    stuck.sendall(GET[:10])
    time.sleep(0.1)
    service.terminate()
    code, log = service.end()
    assert code == 0
    assert log[-1]["connections_cut"] == 1


def test_a_second_signal_skips_the_delay(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, DRAIN__DELAY_SECONDS="60")
    started.append(service)
    service.terminate()
    service.wait_ready(503)
    service.terminate()
    assert service.end()[0] == 0


def test_a_low_soft_limit_of_open_files_takes_no_connection_from_probes(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, soft_files=64, DRAIN__DELAY_SECONDS="0")
    started.append(service)
    crowd = [service.connect() for _turn in range(200)]
    assert service.get("/healthz", "metrics") == 200
    for connection in crowd:
        connection.close()


def test_handshakes_wait_while_no_more_files_can_be_open(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, files=64, DRAIN__DELAY_SECONDS="0", **with_tls(tmp_path))
    started.append(service)
    crowd = [service.connect("https") for _turn in range(100)]
    time.sleep(0.3)
    before = service.seconds_of_cpu()
    time.sleep(1)
    assert service.seconds_of_cpu() - before < 0.3
    for client in crowd:
        client.close()
    with shake_hands(service.connect("https")) as client:
        client.sendall(GET)
        assert statuses(client.recv(4096)) == [200]


def test_it_writes_nothing(tmp_path: Path, started: list[Process]) -> None:
    service = Process(tmp_path, PYTHONDONTWRITEBYTECODE="1", DRAIN__DELAY_SECONDS="0")
    started.append(service)
    assert service.get("/ping", "http") == 200
    service.terminate()
    service.end()
    assert list(tmp_path.iterdir()) == []


def run_to_the_end(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pingpong"], cwd=folder, env=environment(**settings),
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


def test_wrong_settings_end_the_start(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SERVICE__PROT=1\n")
    ended = run_to_the_end(tmp_path, TARGET="nowhere")
    assert ended.returncode == 2
    assert "SERVICE__PROT: unknown setting" in ended.stderr
    assert "TARGET: found 'nowhere'; expected an URL" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_settings_come_from_the_file(tmp_path: Path, started: list[Process]) -> None:
    (tmp_path / ".env").write_text("TARGET=http://127.0.0.1:1/ping\nDRAIN__DELAY_SECONDS=0\n")
    service = Process(tmp_path)
    started.append(service)
    assert service.started["target"] == "http://127.0.0.1:1/ping"


CANNOT = {
    "a taken port": ({"SERVICE__PORT": "{port}"}, "SERVICE__HOST=127.0.0.1, SERVICE__PORT={port}: "),
    "a taken port for metrics": ({"SERVICE__METRICS_PORT": "{port}"}, "SERVICE__METRICS_PORT={port}: "),
    "a host that is none": ({"SERVICE__HOST": "a..b"}, "SERVICE__HOST=a..b, "),
    "no certificate": (
        {"TLS__CERT_FILE": "/nowhere/tls.crt", "TLS__KEY_FILE": "/nowhere/tls.key"}, "TLS__KEY_FILE=/nowhere/tls.key"),
    "no authority, for a scheme in upper case": (
        {"TARGET": "HTTPS://b/", "PEER__CA_FILE": "/nowhere/ca.crt"}, "PEER__CA_FILE=/nowhere/ca.crt"),
    "no authority": ({"TARGET": "https://b/", "PEER__CA_FILE": "/nowhere/ca.crt"}, "PEER__CA_FILE=/nowhere/ca.crt"),
}  # fmt: skip


@pytest.mark.parametrize("case", CANNOT)
def test_what_cannot_be_had_ends_the_start(tmp_path: Path, case: str) -> None:
    wanted, named = CANNOT[case]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run_to_the_end(tmp_path, **{name: value.format(port=port) for name, value in wanted.items()})
    assert ended.returncode == 1
    last = json.loads(ended.stdout.splitlines()[-1])
    assert last["event"] == "start_failed"
    assert named.format(port=port) in last["error"]
    assert "Traceback" not in ended.stderr
