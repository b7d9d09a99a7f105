"""``tls_check`` against live endpoints on loopback: each thing that may be wrong is found and named."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls import observe as look
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.check import run

from tests.support.authority import Authority

HOST = "test.localdev.me"


@contextlib.contextmanager
def listening(answer: bytes, context: ssl.SSLContext | None) -> Iterator[int]:
    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            secured = context.wrap_socket(connection, server_side=True) if context else connection
            with secured:
                if secured.recv(4096):
                    secured.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def loop() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


PONG = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nStrict-Transport-Security: max-age=31536000\r\n\r\npong\n"
REDIRECT = b"HTTP/1.1 301 Moved\r\nLocation: https://test.localdev.me/ping\r\nContent-Length: 0\r\n\r\n"
AUTHORITY, OTHER = Authority("edge root"), Authority("another root")


def context(path: Path, authority: Authority = AUTHORITY, name: str = HOST, days: float = 90) -> ssl.SSLContext:
    file = path / "pair.pem"
    file.write_bytes(authority.leaf(name, days))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    made.set_ciphers("ECDHE+AESGCM")
    return made


def measured(port: int, plain: int, **changes: Any) -> dict[str, str]:
    endpoint: dict[str, Any] = {
        "name": "gateway", "address": "127.0.0.1", "port": port, "server_name": HOST, "ca": AUTHORITY.pem,
        "path": "/ping", "timeout": 15.0, "names": [], "min_days": 7, "min_version": "1.2", "status": 200,
        "body": "pong", "plain_port": plain, "redirect": True, "hsts_min_seconds": 3600, **changes,
    }  # fmt: skip
    found = run({"cluster": "primary", "fail": False, "endpoints": [endpoint]})
    return {cell["case"].partition(" ")[0]: cell["verdict"] for cell in found["cells"]}


ALL_PASS = dict.fromkeys(
    ["chain", "names", "expiry", "weak_ciphers", "GET", "tls1.0", "tls1.1", "tls1.2", "tls1.3", "plain", "hsts"], "pass"
)


def old_versions(made: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion.TLSv1_1
    made.set_ciphers("ECDHE+AES:!aNULL:@SECLEVEL=0")


def weak(made: ssl.SSLContext) -> None:
    made.set_ciphers("AES128-SHA256:ECDHE+AESGCM:@SECLEVEL=0")


def only_old_tls_1_2(made: ssl.SSLContext) -> None:
    made.maximum_version = ssl.TLSVersion.TLSv1_2


CASES: list[tuple[str, dict[str, Any], Callable[[ssl.SSLContext], None] | None, bytes, dict[str, str]]] = [
    ("as it should be", {}, None, PONG, {}),
    ("of another CA", {"authority": OTHER}, None, PONG, {"chain": "fail", "GET": "fail", "hsts": "inconclusive"}),
    ("of another name", {"name": "else.localdev.me"}, None, PONG,
     {"chain": "fail", "names": "fail", "GET": "fail", "hsts": "inconclusive"}),
    ("by a wildcard", {"name": "*.localdev.me"}, None, PONG, {}),
    ("of its name in other letters", {"name": "Test.LocalDev.me"}, None, PONG, {}),
    ("expired", {"days": -1}, None, PONG,
     {"chain": "fail", "expiry": "fail", "GET": "fail", "hsts": "inconclusive"}),
    ("soon expiring", {"days": 3}, None, PONG, {"expiry": "fail"}),
    ("old versions", {}, old_versions, PONG, {"tls1.1": "fail"}),
    ("weak ciphers", {}, weak, PONG, {"weak_ciphers": "fail"}),
    ("no TLS 1.3", {}, only_old_tls_1_2, PONG, {"tls1.3": "fail"}),
    ("another body", {}, None, PONG.replace(b"pong\n", b"ping\n"), {"GET": "fail"}),
    ("an error", {}, None, PONG.replace(b"200 OK", b"503 No"), {"GET": "fail"}),
    ("no HSTS", {}, None, PONG.replace(b"Strict-Transport", b"X-Transport"), {"hsts": "fail"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("certificate", "change", "answer", "wrong"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_an_endpoint_is_held_against_its_expectation(
    tmp_path: Path,
    certificate: dict[str, Any],
    change: Callable[[ssl.SSLContext], None] | None,
    answer: bytes,
    wrong: dict[str, str],
) -> None:
    made = context(tmp_path, **certificate)
    if change:
        change(made)
    with listening(answer, made) as port, listening(REDIRECT, None) as plain:
        found = measured(port, plain)
    assert {case: verdict for case, verdict in found.items() if verdict != (ALL_PASS | wrong)[case]} == {}
    assert found.keys() == ALL_PASS.keys()


@pytest.mark.parametrize(
    ("answer", "redirect", "verdict"),
    [(REDIRECT, True, "pass"), (PONG, True, "fail"), (REDIRECT.replace(b"https:", b"http:"), True, "fail"),
     (PONG, False, "fail")],
)  # fmt: skip
def test_plain_http_redirects_or_is_closed(tmp_path: Path, answer: bytes, redirect: bool, verdict: str) -> None:
    with listening(PONG, context(tmp_path)) as port, listening(answer, None) as plain:
        assert measured(port, plain, redirect=redirect)["plain"] == verdict


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_closed_plain_port_is_closed_and_no_redirect(tmp_path: Path) -> None:
    with listening(PONG, context(tmp_path)) as port:
        assert measured(port, closed_port(), redirect=False)["plain"] == "pass"
        assert measured(port, closed_port(), redirect=True)["plain"] == "fail"


def test_an_endpoint_that_is_not_there_fails_to_answer_and_proves_nothing_else() -> None:
    found = measured(closed_port(), closed_port())
    assert found["GET"] == "fail"
    assert {found[case] for case in ("chain", "names", "expiry", "weak_ciphers", "tls1.0", "tls1.3")} == {
        "inconclusive"
    }


def test_an_offer_that_could_not_be_made_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library without the old versions refuses them itself, and the server never saw the offer."""
    honest = look._any_server

    def modern(version: str) -> ssl.SSLContext:
        made = honest(version)
        made.set_ciphers("ECDHE+AESGCM")  # none of which TLS 1.1 or older can agree on
        return made

    monkeypatch.setattr(look, "_any_server", modern)
    with listening(PONG, context(tmp_path)) as port, listening(REDIRECT, None) as plain:
        found = measured(port, plain)
    assert (found["tls1.0"], found["tls1.1"], found["tls1.2"]) == ("inconclusive", "inconclusive", "pass")


def test_no_header_is_no_hsts_whatever_is_asked_for(tmp_path: Path) -> None:
    bare = PONG.replace(b"Strict-Transport", b"X-Transport")
    with listening(bare, context(tmp_path)) as port, listening(REDIRECT, None) as plain:
        assert measured(port, plain, hsts_min_seconds=0)["hsts"] == "fail"


def test_the_wrong_issuer_is_named(tmp_path: Path) -> None:
    with listening(PONG, context(tmp_path, OTHER)) as port:
        endpoint = {
            "name": "gateway", "address": "127.0.0.1", "port": port, "server_name": HOST, "ca": AUTHORITY.pem,
            "path": "/", "timeout": 15.0, "names": [], "min_days": 7, "min_version": "1.2", "status": 200,
        }  # fmt: skip
        found = run({"cluster": "primary", "fail": False, "endpoints": [endpoint]})
    assert "CN=another root" in found["short_of"]
    assert found["certificates"][0]["dns"] == [HOST]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"ca_file": "/absent.pem"}, r"endpoints\[0\].ca_file: cannot read"),
        ({"ca_file": "/dev/null"}, r"endpoints\[0\].ca: expected certificates in PEM"),
        ({"ca": "junk"}, r"endpoints\[0\].ca: expected certificates in PEM"),
        ({"ca": "ü"}, r"endpoints\[0\].ca: expected certificates in PEM"),
        ({"service": {"name": "x"}}, "connection: missing"),
        ({"server_name": ""}, r'endpoints\[0\].server_name: found "", expected a DNS name or an IP address'),
        ({"server_name": f"{'a' * 64}.me"}, "server_name: found .* expected a DNS name"),
        ({"server_name": "a\0b"}, "server_name: found .* expected a DNS name"),
        ({"address": ".me"}, r'address: found ".me", expected a DNS name'),
        ({"names": ["a..b"]}, r"names\[0\]: found .* expected a DNS name"),
        ({"port": 70000}, "port: found 70000, expected 1 to 65535"),
        ({"plain_port": 0}, "plain_port: found 0, expected 1 to 65535"),
        ({"timeout": -1.0}, "timeout: found -1, expected more than 0 seconds"),
        ({"path": "/ü"}, 'path: found "/ü", expected ASCII without spaces'),
    ],
)
def test_wrong_options_are_named(entry: dict[str, Any], says: str) -> None:
    endpoint = {"name": "g", "port": 1, "server_name": HOST, "path": "/", "timeout": 1.0, "names": [], "min_days": 1,
                "min_version": "1.2", "status": 200, **entry}  # fmt: skip
    with pytest.raises(OptionError, match=says):
        run({"cluster": "primary", "fail": False, "endpoints": [endpoint]})


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('max-age="31536000"; includeSubDomains', "pass"),
        ("includeSubDomains; MAX-AGE = 31536000", "pass"),
        ("max-age=0\r\nStrict-Transport-Security: max-age=31536000", "fail"),
        ("x-max-age=31536000", "fail"),
        ("max-age=31536000s", "fail"),
        (f"max-age={'9' * 5000}", "fail"),
    ],
    ids=["quoted", "with space", "twice: the first counts", "another directive", "no number", "beyond all numbers"],
)
def test_hsts_is_read_as_browsers_read_it(tmp_path: Path, written: str, found: str) -> None:
    answer = PONG.replace(b"max-age=31536000", written.encode())
    with listening(answer, context(tmp_path)) as port, listening(REDIRECT, None) as plain:
        assert measured(port, plain)["hsts"] == found


def test_names_are_compared_and_not_their_spelling(tmp_path: Path) -> None:
    with listening(PONG, context(tmp_path, name="xn--bcher-kva.example")) as port, listening(REDIRECT, None) as plain:
        asked = {"server_name": "Bücher.example", "names": ["BÜCHER.example", "127.0.0.1"]}
        assert measured(port, plain, **asked) == ALL_PASS


def test_a_malformed_certificate_proves_nothing_and_ends_nothing(tmp_path: Path) -> None:
    made = context(tmp_path, name="aaaa.localdev.me")
    file = tmp_path / "pair.pem"
    leaf, end, key = file.read_text().partition("-----END CERTIFICATE-----\n")
    # In the DNS name a letter that is no ASCII.
    der = ssl.PEM_cert_to_DER_cert(leaf + end).replace(b"\x82\x10aaaa", b"\x82\x10\xe9aaa")
    file.write_text(ssl.DER_cert_to_PEM_cert(der) + key)
    made.load_cert_chain(file)
    with listening(PONG, made) as port, listening(REDIRECT, None) as plain:
        found = measured(port, plain)
    assert (found["chain"], found["names"], found["expiry"]) == ("fail", "inconclusive", "inconclusive")
