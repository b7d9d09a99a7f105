"""What was asked of the local cloud, counted by class: so that a test can say "no mutating request"."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 20_000
READING_VERBS = (
    "getIamPolicy",
    "testIamPermissions",
    "generateAccessToken",
    "queryAuditableServices",
    "lintPolicy",
    "preview",
)


def classify(verb: str, api: str) -> str:
    """`operation` (polling), `read`, `mutate`, `auth` (tokens) or `unknown` (no such method)."""
    if not api:
        return "unknown"
    if api == "oauth2.token":
        return "auth"
    if "perations." in api and (verb == "GET" or api.endswith(".wait")):
        return "operation"
    if verb in ("GET", "HEAD") or api.rpartition(".")[2] in READING_VERBS:
        return "read"
    return "mutate"


@dataclass
class Entry:
    """One request; `seconds` from arrival to answer."""

    number: int
    at: float
    verb: str
    path: str
    api: str
    kind: str
    status: int
    fault: str | None
    seconds: float


class RequestLog:
    """The latest requests and all counts since the last reset."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.by_class: Counter[str] = Counter()
        self.by_api: Counter[str] = Counter()
        self.number = 0

    def add(self, *, at: float, verb: str, path: str, api: str, status: int, fault: str | None, seconds: float) -> None:
        """Record one answered (or broken) request."""
        self.number += 1
        kind = classify(verb, api)
        self.by_class[kind] += 1
        self.by_api[api or f"{verb} {path}"] += 1
        self.entries.append(Entry(self.number, at, verb, path, api, kind, status, fault, round(seconds, 6)))

    def show(self, since: int = 0) -> dict[str, Any]:
        """Counts, and the requests after number `since`."""
        return {
            "count": sum(self.by_class.values()),
            "last": self.number,
            "by_class": dict(self.by_class),
            "by_method": dict(self.by_api),
            "requests": [asdict(entry) for entry in self.entries if entry.number > since],
        }

    def reset(self) -> None:
        """Start counting anew; numbers go on."""
        self.entries.clear()
        self.by_class.clear()
        self.by_api.clear()
