# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the API server refuses, as exceptions that say it without echoing a Secret."""

from __future__ import annotations

import json
import re
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
    """What a refusal's text says beyond its status; read before a Secret's texts are dropped."""

    WEBHOOK = "an admission webhook did not answer"
    TERMINATING = "the namespace is being deleted"
    NO_DRY_RUN = "an admission webhook takes no dry runs"
    IMMUTABLE = "it cannot be changed in place: delete the object first, or give the new one another name"
    CREDENTIAL = "the connection's token or certificate is wrong, or has expired"


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


# Reasons whose texts never quote the object that was sent.
_HARMLESS = frozenset({"NotFound", "AlreadyExists", "Unauthorized", "TooManyRequests"})
_OWNERSHIP = "FieldManagerConflict"

# The server reports these mistakes of ours as its own (500), and they never heal.
_PERMANENT = ("failed to create typed", "field not declared in schema")
_UNDECLARED = re.compile(r"(\.[A-Za-z][\w.]*): field not declared in schema")
_SHOWN = 1000
# What is for the user to do; the others are waited for.
_ADVICE = (Hint.IMMUTABLE, Hint.CREDENTIAL)
_HINTS = (
    ("failed calling webhook", Hint.WEBHOOK),
    ("because it is being terminated", Hint.TERMINATING),
    ("does not support dry run", Hint.NO_DRY_RUN),
    ("immutable", Hint.IMMUTABLE),
    ("may not change once set", Hint.IMMUTABLE),
    ("cannot change roleRef", Hint.IMMUTABLE),
    ("may not be changed in an update", Hint.IMMUTABLE),
    ("updates to parameters are forbidden", Hint.IMMUTABLE),
    ("updates to provisioner are forbidden", Hint.IMMUTABLE),
    ("updates to statefulset spec", Hint.IMMUTABLE),
    ("pod updates may not change fields", Hint.IMMUTABLE),
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
    said = _fields_only(causes, text) if secret and not _harmless(reason, text) else _shortened(text)
    hint = Hint.CREDENTIAL if status == 401 else _hint(text)
    message = f"{what}: {status} {reason}".rstrip() + (f": {said}" if said else "")
    if hint in _ADVICE:
        message += f"; {hint.value}"
    kind = TransientApiError if status in TRANSIENT_STATUS and not _permanent(text) else ApiError
    error = kind(message, status=status, reason=reason, causes=causes, hint=hint)
    if isinstance(error, TransientApiError):
        seconds = details.get("retryAfterSeconds")
        after = parse_retry_after(headers.get("retry-after"))
        error.retry_after = float(seconds) if after is None and isinstance(seconds, int) and seconds > 0 else after
    return error


def _shortened(text: str) -> str:
    """A refused template is quoted whole; what is wrong with it stands at the end."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"


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


def _fields_only(causes: tuple[Cause, ...], text: str) -> str:
    """The names of fields, which show nothing of their values."""
    unknown = [f"{field}: field not declared in schema" for field in _UNDECLARED.findall(text)]
    return "; ".join([*(f"{cause.reason} {cause.field}".strip() for cause in causes), *unknown])


def _status_of(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        # A proxy or load balancer in between answered; its page says nothing of use.
        return {}
    return answer if isinstance(answer, dict) else {}
