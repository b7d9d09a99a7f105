"""What compute refuses of any kind: labels, missing fields, stale fingerprints."""

from __future__ import annotations

import re
from typing import Any

from testbed.cloud.core.call import Body
from testbed.cloud.core.protocol.errors import ApiError, invalid

NAME = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"
LABEL = re.compile(r"[\w-]{0,63}")
LABEL_KEY = re.compile(r"[a-z][\w-]{0,62}")


def check_labels(labels: Any) -> None:
    """Label syntax: https://cloud.google.com/compute/docs/labeling-resources#requirements"""
    if labels and len(labels) > 64:
        raise invalid(f"Invalid value for field 'labels': {len(labels)} labels, the maximum is 64.")
    for name, value in (labels or {}).items():
        if not LABEL_KEY.fullmatch(name) or name != name.lower():
            raise invalid(f"Invalid value for field 'labels': '{name}'. Label keys must match '[a-z][\\w-]{{0,62}}'.")
        if not LABEL.fullmatch(value) or value != value.lower():
            raise invalid(f"Invalid value for field 'labels.{name}': '{value}'. Invalid label value.")


def required(body: Body, *fields: str) -> None:
    """400 for a body without a field that creation needs."""
    for field in fields:
        if body.get(field) in (None, "", []):
            raise invalid(
                f"Invalid value for field 'resource.{field}': ''. Required field 'resource.{field}' not specified",
                reason="required",
            )


def check_fingerprint(sent: Any, known: Any, path: str) -> None:
    """412 conditionNotMet for a stale or missing fingerprint."""
    if not sent:
        raise invalid(f"Required field 'resource.fingerprint' not specified for '{path}'", reason="required")
    if sent != known:
        raise ApiError(
            412,
            "Invalid fingerprint."
            if len(str(sent)) != len(str(known))
            else "Supplied fingerprint does not match current metadata fingerprint.",
            location=("header", "If-Match"),
        )
