"""Faults at the k-th request: what a client must survive."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from testbed.cloud.core.protocol.errors import ApiError

HTTP_FAULTS = {"400", "401", "403", "404", "409", "412", "429", "500", "502", "503", "504"}
BROKEN_FAULTS = {"reset", "reset_after_commit", "stall", "truncated", "bad_json"}
MESSAGES = {
    "409": ("The request conflicted with another one; please retry.", "ABORTED"),
    "412": ("Precondition check failed.", "FAILED_PRECONDITION"),
    "429": ("Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'.", "RESOURCE_EXHAUSTED"),
    "500": ("Internal error encountered.", "INTERNAL"),
    "502": ("Bad gateway.", "UNAVAILABLE"),
    "503": ("The service is currently unavailable.", "UNAVAILABLE"),
    "504": ("Deadline exceeded.", "DEADLINE_EXCEEDED"),
}


@dataclass
class Fault:
    """From the `at`-th matching request on, `times` times. `method` is a verb, `api` a glob over API method ids,
    `path` a regular expression; each empty one matches everything."""

    fault: str
    at: int = 1
    times: int = 1
    method: str = ""
    api: str = ""
    path: str = ""
    retry_after: float | None = None
    seen: int = field(default=0)

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Fault:
        """A fault from JSON; raises ValueError naming what is wrong."""
        allowed = {"fault", "at", "times", "method", "api", "path", "retry_after"}
        unknown = set(value) - allowed
        if unknown or "fault" not in value:
            raise ValueError(f"a fault takes {sorted(allowed)}, found {sorted(value)}")
        made = cls(**{**value, "fault": str(value["fault"])})
        if made.fault not in HTTP_FAULTS | BROKEN_FAULTS:
            raise ValueError(f"unknown fault {made.fault!r}; known: {sorted(HTTP_FAULTS | BROKEN_FAULTS)}")
        if made.at < 1 or made.times < 1:
            raise ValueError(f"at and times count from 1, found {made.at} and {made.times}")
        re.compile(made.path)
        return made

    def hits(self, verb: str, api: str, path: str) -> bool:
        """Whether this request gets the fault; counts it."""
        if self.method and self.method != verb:
            return False
        if self.api and not fnmatchcase(api, self.api):
            return False
        if self.path and not re.search(self.path, path):
            return False
        self.seen += 1
        return self.at <= self.seen < self.at + self.times

    def error(self) -> ApiError:
        """The error answer of an HTTP fault."""
        message, status = MESSAGES.get(self.fault, (f"Injected HTTP {self.fault}.", None))
        headers = {"Retry-After": f"{self.retry_after:g}"} if self.retry_after is not None else {}
        return ApiError(int(self.fault), message, status=status, headers=headers)

    def show(self) -> dict[str, Any]:
        """The fault as JSON, with how many requests it saw."""
        return asdict(self)
