# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Conditions and generations of a status, in whatever shape a controller writes them. Pure.

The usual shape is a list of ``{type, status, reason, message, observedGeneration}``; others write a map by type, plain
words for states, booleans, or numbers as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object


class State(Enum):
    """What a predicate says; FAILED will not heal by waiting."""

    READY = "ready"
    PENDING = "pending"
    FAILED = "failed"


class Readiness(NamedTuple):
    """A state and the status that it was read from, as a sentence for the user."""

    state: State
    message: str = ""


READY = Readiness(State.READY)
UNOBSERVED = Readiness(State.PENDING, "its controller has not seen this generation yet")


def pending(message: str) -> Readiness:
    """Not ready yet, and why."""
    return Readiness(State.PENDING, message)


def failed(message: str) -> Readiness:
    """Never to be ready, and why."""
    return Readiness(State.FAILED, message)


def mapping(value: Any) -> Mapping[str, Any]:
    """A value that should be a dict, empty when it is none."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The dicts among the items of a value that should be a list of them."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def status_of(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object's status, empty when there is none, or it is no dict."""
    return mapping(obj.get("status"))


def number(value: Any) -> int:
    """A count or a generation; 0 for what is none."""
    return int(value) if not isinstance(value, bool) and str(value).isascii() and str(value).isdigit() else 0


def conditions(status: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The conditions of a status, each with ``type`` and ``status`` as text: True, False or Unknown."""
    found = status.get("conditions")
    if isinstance(found, dict):
        found = [
            {"type": name, **(item if isinstance(item, dict) else {"status": item})} for name, item in found.items()
        ]
    for item in mappings(found):
        if isinstance(item.get("type"), str):
            yield {**item, "status": str(item.get("status")).strip().capitalize()}


def unreadable(status: Mapping[str, Any]) -> str:
    """What conditions are that nobody can read, such as a list of words; empty when there are none or they can be."""
    found = status.get("conditions")
    if found in (None, [], {}) or any(True for _condition in conditions(status)):
        return ""
    kind = "a list of other things" if isinstance(found, list) else type(found).__name__
    return f"its status.conditions are {kind}, expected dicts with type and status"


def condition(obj: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The condition of this type, empty when it is not there."""
    return next((item for item in conditions(status_of(obj)) if item["type"] == name), {})


def current(obj: Object, found: Mapping[str, Any]) -> bool:
    """Whether a condition is about the object's generation, as far as it says."""
    observed = number(found.get("observedGeneration"))
    return not observed or observed >= number(obj["metadata"].get("generation"))


def outdated(obj: Object) -> bool:
    """Whether the status says that it is about an older generation."""
    observed = status_of(obj).get("observedGeneration")
    return str(observed).isdigit() and number(observed) < number(obj["metadata"].get("generation"))


def text(item: Mapping[str, Any]) -> str:
    """A condition's reason and message."""
    return ": ".join(str(item[part]) for part in ("reason", "message") if item.get(part))


def described(found: Mapping[str, Any]) -> str:
    """A condition as a sentence: ``Ready is False, Waiting: for x``."""
    return f"{found['type']} is {found['status']}, {text(found)}".rstrip(", ")
