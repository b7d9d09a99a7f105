"""Google's error objects, in the shapes that its APIs use.

`legacy` (compute, dns, storage) carries `errors[]` with a reason; `rpc` (everything newer) carries a canonical
`status` and typed `details`; `both` (container, iam) carries all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Style = Literal["legacy", "rpc", "both"]

# google.rpc.Code by HTTP status, for answers whose status is not given: google/rpc/code.proto
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
REASONS = {
    400: "invalid",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "alreadyExists",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
    500: "backendError",
    501: "notImplemented",
    503: "backendError",
}


class ApiError(Exception):
    """A request that Google would refuse: `code` is the HTTP status, `reason` the legacy word, `status` the RPC one."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str | None = None,
        status: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        location: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or REASONS.get(code, "backendError")
        self.status = status or STATUSES.get(code, "UNKNOWN")
        self.details = [dict(detail) for detail in details]
        self.headers = dict(headers or {})
        self.location = location

    def body(self, style: Style) -> dict[str, Any]:
        """The JSON object `{"error": {...}}` as an API of this style words it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if style != "rpc":
            reason = "badRequest" if style == "both" and self.reason == "invalid" else self.reason
            entry = {"message": self.message, "domain": "global", "reason": reason}
            if self.location:
                entry["locationType"], entry["location"] = self.location
            error["errors"] = [entry]
        if style != "legacy" or self.details or self.code in (401, 403):
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str, **keywords: Any) -> ApiError:
    """400: the request can never succeed as it is."""
    return ApiError(400, message, **keywords)


def not_found(message: str) -> ApiError:
    """404: the named resource does not exist."""
    return ApiError(404, message)


def failed_precondition(message: str, details: Sequence[Mapping[str, Any]] = ()) -> ApiError:
    """400 FAILED_PRECONDITION, the RPC APIs' word for "not in this state"."""
    return ApiError(400, message, status="FAILED_PRECONDITION", reason="failedPrecondition", details=details)


def bad_request(violations: Sequence[tuple[str, str]]) -> ApiError:
    """400 for a payload that does not fit the schema: `violations` are (field path, description)."""
    return invalid(
        "\n".join(description for _unused, description in violations),
        reason="badRequest",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": field, "description": description} if field else {"description": description}
                    for field, description in violations
                ],
            }
        ],
    )


def unauthenticated(missing: bool) -> ApiError:
    """401 in Google's words: without a credential (`missing`) or with one that is not accepted."""
    expected = (
        "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    problem = (
        "Request is missing required authentication credential."
        if missing
        else "Request had invalid authentication credentials."
    )
    challenge = 'Bearer realm="https://accounts.google.com/"'
    return ApiError(
        401,
        f"{problem} {expected}",
        reason="required" if missing else "authError",
        headers={"WWW-Authenticate": challenge if missing else f'{challenge}, error="invalid_token"'},
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "CREDENTIALS_MISSING" if missing else "ACCESS_TOKEN_EXPIRED",
                "domain": "googleapis.com",
            }
        ],
        location=("header", "Authorization"),
    )


def service_disabled(title: str, service: str, project_number: str) -> ApiError:
    """403 SERVICE_DISABLED: the API was not enabled in the project."""
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={project_number}"
    return ApiError(
        403,
        f"{title} has not been used in project {project_number} before or it is disabled. Enable it by visiting "
        f"{url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our "
        "systems and retry.",
        reason="accessNotConfigured",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [{"description": "Google developers console API activation", "url": url}],
            },
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "SERVICE_DISABLED",
                "domain": "googleapis.com",
                "metadata": {"service": service, "consumer": f"projects/{project_number}"},
            },
        ],
    )
