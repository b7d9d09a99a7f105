# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP proxies on the way to an API server: the connection's own, or the environment's as kubectl reads it."""

from __future__ import annotations

import base64
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError


def environment_proxy(host: str) -> str | None:
    """The proxy of ``HTTPS_PROXY`` for a host, None for one that ``NO_PROXY`` names, and for loopback.

    Addresses are held against the ranges in ``NO_PROXY`` too, as in Go's httpproxy, which kubectl uses; Python's own
    rule knows names and suffixes alone.
    """
    found = getproxies()
    proxy = found.get("https")
    if not proxy or host == "localhost" or proxy_bypass(host):
        return None
    try:
        address = ip_address(host)
    except ValueError:
        return proxy
    ranges = [word.strip() for word in found.get("no", "").split(",") if "/" in word]
    return None if address.is_loopback or any(address in ip_network(text, strict=False) for text in ranges) else proxy


def parse_proxy(url: str, option: str) -> tuple[SplitResult, dict[str, str]]:
    """A proxy's URL, and the header that carries its user and password; neither is ever shown.

    An OptionError names ``option``, where the URL comes from.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise OptionError(f"{option}: it is not usable, expected http://host:port")
    if parts.username is None:
        return parts, {}
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return parts, {"Proxy-Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
