# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP proxies on the way to an API server: the connection's own, or the environment's as kubectl reads it.

One may be on a virtual machine that is reached by Identity-Aware Proxy alone.
"""

from __future__ import annotations

import base64
import re
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.relay import Bastion

_BY_IAP = re.compile(r"iap://projects/([^/]+)/zones/([^/]+)/instances/([^/:]+):([0-9]{1,5})")


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


def parse_bastion(url: str, option: str) -> Bastion | None:
    """The machine and port of a proxy behind Identity-Aware Proxy (``iap://…``), None for any other proxy.

    An OptionError names ``option``, where the URL comes from.
    """
    if not url.startswith("iap:"):
        return None
    found = _BY_IAP.fullmatch(url)
    if not found or not 0 < int(found[4]) < 65536:
        expected = "iap://projects/PROJECT/zones/ZONE/instances/INSTANCE:PORT"
        raise OptionError(f"{option}: found {url}, expected {expected}")
    return Bastion(found[1], found[2], found[3], int(found[4]))
