# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Equal forms of one value: what an inventory writes in one way, Google may answer in another. Pure.

Only what is one value in every field is here (addresses, times, ports, e-mail addresses, links); what is one value in
some fields alone is in the kind (``caseless``, ``short_links``, ``defaults``, ``canonical``). Free text has one form.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import canonical_link, is_link, same_path

# Fields of people's own words, at any depth: there every letter counts.
_FREE_TEXT = frozenset(
    ("description", "displayName", "labels", "resourceLabels", "annotations", "metadata", "sysctls", "payload")
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_CLOCK = re.compile(r"(\d?\d):(\d\d)")
_DURATION = re.compile(r"(?:PT)?(?:(\d+)[Hh])?(?:(\d+)[Mm])?(?:(\d+(?:\.\d+)?)[Ss])?")
_NETWORK = re.compile(r"[0-9a-fA-F.:]+(/\d+)")
_EMAIL = re.compile(r"[^@\s/:]+@[^@\s/:]+\.[^@\s/:]+")
_PORTS = re.compile(r"(\d+)(?:-(\d+))?")
_KEY_VERSION = re.compile(r"(/cryptoKeys/[^/]+)/cryptoKeyVersions/\d+$")
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "50": "esp", "51": "ah", "94": "ipip", "132": "sctp"}


def is_empty(value: Any) -> bool:
    """Whether a value is what Google's servers leave out of their answers: the zero of its type."""
    return value is None or value is False or value in ("", 0, "0", [], {}) or value == "UNSPECIFIED"


def is_unspecified(value: Any) -> bool:
    """Whether a value is the zero of an enumeration by which nothing is chosen: the server's default is meant."""
    if not isinstance(value, str):
        return False
    return value.endswith("_UNSPECIFIED") or value.startswith(("UNSPECIFIED_", "UNDEFINED_"))


def equal(desired: Any, live: Any, field: str, project: str) -> bool:
    """Whether two scalars are one value in a field (its dotted path); ``project`` completes links that leave it out."""
    if is_empty(desired) and is_empty(live):
        return True
    if isinstance(desired, bool) or isinstance(live, bool):
        return str(desired).lower() == str(live).lower()
    if isinstance(desired, float) or isinstance(live, float):
        return _same_number(desired, live)
    ours, theirs = str(desired), str(live)
    if ours == theirs:
        return True
    if not _FREE_TEXT.isdisjoint(field.split(".")):
        return False
    last = field.rpartition(".")[2]
    if is_link(ours) or is_link(theirs):
        return same_link(ours, theirs, project)
    if last in ("ports", "portRange"):
        return _parsed(_ports, ours, theirs)
    if last == "ipRange":  # of an interface: which of the range's addresses is its own
        return _parsed(ipaddress.ip_interface, ours, theirs)
    if last == "IPProtocol":
        return _PROTOCOLS.get(ours, ours.lower()) == _PROTOCOLS.get(theirs, theirs.lower())
    if _EMAIL.fullmatch(ours) and _EMAIL.fullmatch(theirs):
        return ours.lower() == theirs.lower()
    return any(_parsed(form, ours, theirs) for form in (_moment, _clock, _duration, _network)) or _same_size(
        ours, theirs
    )


def same_link(desired: str, live: str, project: str) -> bool:
    """Whether two links name one resource, whichever host, version, place or form of the project they have."""
    ours, theirs = canonical_link(desired, project), canonical_link(live, project)
    if same_path(ours, theirs):
        return True
    # A key that encrypts is answered with the version that did it.
    return bool(_KEY_VERSION.search(ours)) != bool(_KEY_VERSION.search(theirs)) and same_path(
        _KEY_VERSION.sub(r"\1", ours), _KEY_VERSION.sub(r"\1", theirs)
    )


def _parsed(parse: Callable[[str], Any], desired: str, live: str) -> bool:
    try:
        ours, theirs = parse(desired), parse(live)
    except (TypeError, ValueError):
        return False
    return ours is not None and bool(ours == theirs)


def _same_number(one: Any, other: Any) -> bool:
    # 1 and 1.0 are one number, and 0.1 may come back with the rounding of a shorter type.
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-6)
    except (TypeError, ValueError):
        return False


def _moment(text: str) -> datetime | None:
    """A time with its offset, whatever fraction of zeros it has."""
    return datetime.fromisoformat(text) if _MOMENT.match(text) else None


def _clock(text: str) -> tuple[int, int] | None:
    """A time of day: ``3:00`` and ``03:00``."""
    found = _CLOCK.fullmatch(text)
    return (int(found.group(1)), int(found.group(2))) if found else None


def _duration(text: str) -> timedelta | None:
    """``90s``, ``90.0s``, ``1m30s`` and ``PT1M30S``."""
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _network(text: str) -> Any:
    """An address or a range of addresses, without the bits that a range does not look at."""
    if not ("." in text or ":" in text):
        return None
    return ipaddress.ip_network(text, strict=False)


def _ports(text: str) -> tuple[int, int] | None:
    """``80`` and ``80-80``."""
    found = _PORTS.fullmatch(text)
    return (int(found.group(1)), int(found.group(2) or found.group(1))) if found else None


def _same_size(desired: str, live: str) -> bool:
    """Whether a network of the desired size (``/14``), which Google has chosen, is live."""
    network = _NETWORK.fullmatch(live)
    return network is not None and network.group(1) == desired
