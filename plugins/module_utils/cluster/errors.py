# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the API server refuses, as exceptions that say it without echoing a Secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError, TransientError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import parse_retry_after

TRANSIENT_STATUS = frozenset({429, 500, 502, 503, 504})


class Cause(NamedTuple):
    """One cause of a refusal: a word of the API's (``FieldManagerConflict``, ``FieldValueInvalid``), text and field."""

    reason: str
    message: str
    field: str


class Hint(Enum):
    """What a refusal's text tells beyond its status; read before a Secret's texts are dropped."""

    WEBHOOK = "an admission webhook did not answer"
    TERMINATING = "the namespace is being deleted"
    NO_DRY_RUN = "an admission webhook takes no dry runs"


class ApiError(PlatformError):
    """The API server's answer was a refusal: its HTTP ``status``, ``reason`` (a word of the API's) and ``causes``."""

    def __init__(
        self, message: str, *, status: int, reason: str, causes: tuple[Cause, ...] = (), hint: Hint | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = causes
        self.hint = hint

    @property
    def ownership(self) -> tuple[Cause, ...]:
        """The fields that other managers own, when this is a conflict of server-side apply."""
        return tuple(cause for cause in self.causes if cause.reason == _OWNERSHIP)


class TransientApiError(ApiError, TransientError):
    """A refusal that the same request may survive later; ``retry_after`` in seconds where the server asks for it."""

    retry_after: float | None = None


# Whose texts never quote the object that was sent.
_HARMLESS = frozenset({"NotFound", "AlreadyExists", "Unauthorized", "TooManyRequests"})
_OWNERSHIP = "FieldManagerConflict"

# The server reports these mistakes of ours as its own (500), and they never heal.
_PERMANENT = ("failed to create typed", "field not declared in schema")
_HINTS = (
    ("failed calling webhook", Hint.WEBHOOK),
    ("because it is being terminated", Hint.TERMINATING),
    ("does not support dry run", Hint.NO_DRY_RUN),
)


def refusal(what: str, status: int, headers: Mapping[str, str], body: bytes, *, secret: bool) -> ApiError:
    """The error for a response that is no success.

    ``what`` names the request (``apply Deployment a/b``). With ``secret`` only the names of fields and reasons of
    the answer are used: its texts may quote the object.
    """
    answer = _status_of(body)
    details = answer.get("details") or {}
    causes = tuple(_cause(cause, secret) for cause in details.get("causes") or [] if isinstance(cause, dict))
    reason = str(answer.get("reason") or "")
    text = str(answer.get("message") or "")
    said = _say(causes) if secret and not _harmless(reason, text) else text
    message = f"{what}: {status} {reason}".rstrip() + (f": {said}" if said else "")
    kind = TransientApiError if status in TRANSIENT_STATUS and not _permanent(text) else ApiError
    error = kind(message, status=status, reason=reason, causes=causes, hint=_hint(text))
    if isinstance(error, TransientApiError):
        asked = details.get("retryAfterSeconds")
        after = parse_retry_after(headers.get("retry-after"))
        error.retry_after = float(asked) if after is None and isinstance(asked, int) and asked > 0 else after
    return error


def _permanent(text: str) -> bool:
    return any(mark in text for mark in _PERMANENT)


def _hint(text: str) -> Hint | None:
    for mark, hint in _HINTS:
        if mark in text:
            return hint
    return None


def _cause(cause: Mapping[str, Any], secret: bool) -> Cause:
    reason = str(cause.get("reason", ""))
    shown = not secret or reason == _OWNERSHIP
    return Cause(reason, str(cause.get("message", "")) if shown else "", str(cause.get("field", "")))


def _harmless(reason: str, text: str) -> bool:
    # The authoriser names the user, the verb and the resource; other texts of a 403 come from admission.
    return reason in _HARMLESS or (reason == "Forbidden" and 'User "' in text and '" cannot ' in text)


def _say(causes: tuple[Cause, ...]) -> str:
    return "; ".join(f"{cause.reason} {cause.field}".strip() for cause in causes)


def _status_of(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        # A proxy or load balancer in between answered; its page says nothing of use.
        return {}
    return answer if isinstance(answer, dict) else {}
