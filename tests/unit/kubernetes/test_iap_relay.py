"""The relay protocol's frames, as Google's own client sends and reads them, and what a refusal says."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.proxies import parse_bastion
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.relay import (
    MOST,
    Bastion,
    Relay,
    refusal,
    wrapped,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.websocket import ProtocolError
from hypothesis import given
from hypothesis import strategies as st

BASTION = Bastion("my-project", "europe-west1-b", "the-bastion", 8888)
URL = "iap://projects/my-project/zones/europe-west1-b/instances/the-bastion:8888"
CONNECTED = struct.pack("!HI", 1, 3) + b"sid"
ACK = struct.pack("!HQ", 7, 12)


def data(content: bytes) -> bytes:
    return struct.pack("!HI", 4, len(content)) + content


@pytest.mark.parametrize(
    ("messages", "connected", "taken"),
    [
        ([], False, b""),
        ([CONNECTED], True, b""),
        ([CONNECTED[:1], CONNECTED[1:5], CONNECTED[5:]], True, b""),
        ([CONNECTED[:-1]], False, b""),
        ([CONNECTED + data(b"a")], True, b"a"),
        ([CONNECTED, data(b"a") + data(b"") + ACK + data(b"bc")], True, b"abc"),
        ([CONNECTED, data(b"abc")[:7], data(b"abc")[7:] + data(b"d")], True, b"abcd"),
        # A tag that nobody knows takes its message along, and no more.
        ([CONNECTED, b"\0\x0awhatever", data(b"a")], True, b"a"),
    ],
)
def test_frames_in_messages(messages: list[bytes], connected: bool, taken: bytes) -> None:
    relay = Relay()
    assert b"".join(map(relay.take, messages)) == taken
    assert relay.connected is connected


@pytest.mark.parametrize("message", [data(b"a"), ACK, CONNECTED + struct.pack("!HI", 4, 1 << 30)])
def test_what_does_not_fit_the_protocol(message: bytes) -> None:
    with pytest.raises(ProtocolError):
        Relay().take(message)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_however_messages_are_cut(contents: list[bytes], size: int) -> None:
    relay, stream = Relay(), CONNECTED + b"".join(map(data, contents))
    cut = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert b"".join(map(relay.take, cut)) == b"".join(contents)


def test_what_was_received_is_confirmed_once_two_frames_were() -> None:
    relay = Relay()
    relay.take(CONNECTED)
    due = []
    for _turn in range(6):
        relay.take(data(b"x" * MOST))
        due.append(relay.acknowledgement())
    assert due == [b"", b"", struct.pack("!HQ", 7, 3 * MOST), b"", b"", struct.pack("!HQ", 7, 6 * MOST)]


def test_what_is_sent_has_its_length() -> None:
    assert wrapped(b"abc") == b"\0\x04\0\0\0\x03abc"


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (4003, "failed to connect to backend", "that admits 35.235.240.0/20, and a proxy that listens (4003)"),
        (4033, "not authorized", "expected roles/iap.tunnelResourceAccessor on the project or on the instance (4033)"),
        (4047, "Failed to lookup instance", "it finds no such instance that runs (4047)"),
        (4010, "destination read failed", "it closed the tunnel: destination read failed (4010)"),
        (1000, "", "it closed the tunnel: without a reason (1000)"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_machine_and_what_is_missing(code: int, said: str, expected: str) -> None:
    text = refusal(BASTION, code, said)
    assert text.startswith("IAP, port 8888 of the-bastion (europe-west1-b, my-project): ")
    assert text.endswith(expected)


def test_a_proxy_behind_iap_is_named_as_google_names_the_machine() -> None:
    assert parse_bastion(URL, "connection.proxy") == BASTION
    assert parse_bastion("http://127.0.0.1:8888", "connection.proxy") is None


@pytest.mark.parametrize("url", ["iap://the-bastion:8888", URL.removesuffix(":8888"), URL.replace("8888", "99999")])
def test_a_proxy_behind_iap_that_is_not_named_whole(url: str) -> None:
    with pytest.raises(OptionError, match=r"connection.proxy: found iap://.*, expected iap://projects/PROJECT/zones/"):
        parse_bastion(url, "connection.proxy")
