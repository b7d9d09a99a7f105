# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Google's errors, classified by what can be done about them."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError, TransientError

_RATE = ("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED")
_DISABLED = ("accessNotConfigured", "SERVICE_DISABLED")
_IN_USE = ("resourceInUseByAnotherResource", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE")
_BUSY = (
    "CLUSTER_ALREADY_HAS_OPERATION",
    "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED",
    "operationInProgress",
    "resourceNotReady",
    "RESOURCE_NOT_READY",
)
_BUSY_TEXT = re.compile(
    r"incompatible operation|try again once it is done|another activation or deactivation is in progress",
    re.IGNORECASE,
)
# A service account is known everywhere only some time after it was made.
_ACCOUNT_TEXT = re.compile(
    r"service account \S+ does not exist|iam\.serviceAccounts\.(?!create|list)\w+.*(denied|may not exist)",
    re.IGNORECASE,
)
_PASSING = (
    "UNAVAILABLE",
    "INTERNAL",
    "DEADLINE_EXCEEDED",
    "ABORTED",
    "RESOURCE_EXHAUSTED",
    "INTERNAL_ERROR",
    "TIMEOUT",
)
_CODES = (4, 8, 10, 13, 14)  # the same as numbers, as google.rpc.Status has them


class ApiError(PlatformError):
    """A request that Google answered with an error; ``reasons`` are all of its machine-readable words."""

    def __init__(self, method: str, path: str, status: int, message: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"{method} {path}: {status} {message}", {"status_code": status, "reasons": list(reasons)})
        self.status = status
        self.reasons = reasons
        self.text = message

    @property
    def missing(self) -> bool:
        return self.status == 404

    @property
    def disabled(self) -> bool:
        """The API is not enabled in the project."""
        return self.status == 403 and any(reason in _DISABLED for reason in self.reasons)

    @property
    def exists(self) -> bool:
        return self.status == 409 and not (self.stale or self.busy or self.in_use)

    @property
    def stale(self) -> bool:
        """A fingerprint or etag was not the current one."""
        words = ("ABORTED", "conditionNotMet", "CONDITION_NOT_MET")
        return self.status == 412 or (self.status == 409 and any(word in self.reasons for word in words))

    @property
    def in_use(self) -> bool:
        """Another resource still needs it."""
        return self.status in (400, 409) and any(reason in _IN_USE for reason in self.reasons)

    @property
    def busy(self) -> bool:
        """Something else is being done to the resource: later it will be possible."""
        if self.status not in (400, 403, 409) or self.disabled:
            return False
        return any(reason in _BUSY for reason in self.reasons) or bool(_BUSY_TEXT.search(self.text))

    @property
    def unknown_account(self) -> bool:
        """A service account is said not to be there, which may have been made a moment ago."""
        return self.status in (400, 403, 404) and bool(_ACCOUNT_TEXT.search(self.text))

    @property
    def denied(self) -> bool:
        """A permission is missing."""
        if self.status == 400:
            return "permission" in self.text.lower()
        return self.status == 403 and not self.disabled


class RateError(TransientError):
    """The request was refused before it did anything: it may be sent again."""


class BrokenError(TransientError):
    """It is not known whether the request did anything: read again before deciding."""


class OperationError(PlatformError):
    """An operation ended with an error; ``passing`` when trying again may help."""

    def __init__(self, what: str, error: dict[str, Any]) -> None:
        errors = error.get("errors") or [error]
        text = "; ".join(str(item.get("message") or item.get("code") or item) for item in errors)
        super().__init__(f"{what} failed: {text}")
        codes = [item.get("code") for item in errors]
        self.in_use = any(code in _IN_USE for code in codes)
        self.passing = any(code in (*_PASSING, *_BUSY) or code in _CODES for code in codes)


def parse_error(method: str, path: str, status: int, body: bytes, retry_after: float | None) -> PlatformError:
    """The exception for an answer with an error status. The body's own words are kept, never the whole body."""
    try:
        answer = json.loads(body)
        error = (answer[0] if isinstance(answer, list) else answer)["error"]
        message = str(error.get("message", "")) if isinstance(error, dict) else str(error)
    except (ValueError, TypeError, LookupError):
        error, message = {}, f"without an error object of Google's{excerpt(body)}"
    reasons = _reasons(error) if isinstance(error, dict) else ()
    if status == 429 or (status == 403 and any(reason in _RATE for reason in reasons)):
        return RateError(f"{method} {path}: {status} {message}", retry_after=retry_after)
    if status == 408 or (status >= 500 and status != 501):
        return BrokenError(f"{method} {path}: {status} {message}", retry_after=retry_after)
    return ApiError(method, path, status, message, reasons)


def excerpt(body: bytes) -> str:
    """The first words of a page that is no answer of Google's (a proxy's, say), for a message."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", body[:4000].decode("utf-8", "replace"), flags=re.S | re.I)
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return f': "{words[:120]}{"…" if len(words) > 120 else ""}"' if words else ""


def _reasons(error: dict[str, Any]) -> tuple[str, ...]:
    found = [str(error["status"])] if error.get("status") else []
    for part in (*(error.get("errors") or ()), *(error.get("details") or ())):
        if isinstance(part, dict) and part.get("reason"):
            found.append(str(part["reason"]))
    return tuple(found)
