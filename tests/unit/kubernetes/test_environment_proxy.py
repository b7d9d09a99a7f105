"""Which proxy leads to an API server: HTTPS_PROXY and NO_PROXY as kubectl reads them."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.proxies import (
    environment_proxy,
    parse_proxy,
)

PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("host", "bypassed", "proxied"),
    [
        ("gke-1.europe-west1.gke.goog", "", True),
        ("gke-1.europe-west1.gke.goog", ".gke.goog", False),
        ("gke-1.europe-west1.gke.goog", "gke.goog,example.com", False),
        ("198.51.100.7", "", True),
        ("198.51.100.7", "198.51.100.0/24", False),
        ("198.51.100.7", "127.0.0.1, 198.51.100.7", False),
        ("203.0.113.7", "198.51.100.0/24", True),
        ("anything", "*", False),
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
    ],
)
def test_who_is_reached_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str, bypassed: str, proxied: bool
) -> None:
    for name in ("https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", bypassed)
    assert environment_proxy(host) == (PROXY if proxied else None)


def test_without_the_variable_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert environment_proxy("gke-1.europe-west1.gke.goog") is None


def test_user_and_password_go_into_a_header() -> None:
    parts, headers = parse_proxy("http://me:s%40crt@proxy.example.com:3128", "connection.proxy")
    assert (parts.hostname, parts.port) == ("proxy.example.com", 3128)
    assert headers == {"Proxy-Authorization": "Basic bWU6c0BjcnQ="}


@pytest.mark.parametrize("url", ["https://proxy.example.com", "proxy:3128", "http://", "http://proxy:0"])
def test_an_unusable_proxy_is_refused(url: str) -> None:
    with pytest.raises(OptionError, match="HTTPS_PROXY: it is not usable, expected http://host:port"):
        parse_proxy(url, "HTTPS_PROXY")
