# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keep secret values out of everything that is shown: diffs, errors, results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MASKED = "<masked>"
MASKED_OLD = "<masked: the value before>"
MASKED_NEW = "<masked: another value>"

_SECRET_FIELDS = ("data", "stringData")
# kubectl's client-side apply and kubernetes.core's `apply: true` copy the whole object in here.
_COPIES = ("kubectl.kubernetes.io/last-applied-configuration",)


def is_secret(obj: Any) -> bool:
    """Whether a Kubernetes object is a core Secret."""
    return isinstance(obj, dict) and obj.get("kind") == "Secret" and obj.get("apiVersion", "v1") == "v1"


def redact_secret(obj: dict[str, Any] | None) -> dict[str, Any] | None:
    """A copy of a Kubernetes object that is safe to show: a Secret keeps its keys, its values are masked.

    Objects of other kinds and None come back as they are.
    """
    if obj is None or not is_secret(obj):
        return obj
    return redact_pair(obj, None)[0]


def redact_pair(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Both sides of a diff, masked by kind, so that it shows which keys of a Secret changed and never a value."""
    if not (is_secret(before) or is_secret(after)):
        return before, after
    return _mask(before, after, MASKED_OLD), _mask(after, before, MASKED_NEW)


def _mask(obj: dict[str, Any] | None, other: dict[str, Any] | None, differs: str) -> dict[str, Any] | None:
    if obj is None:
        return None
    masked = dict(obj)
    for field in _SECRET_FIELDS:
        values = obj.get(field)
        if isinstance(values, dict):
            theirs = (other or {}).get(field)
            theirs = theirs if isinstance(theirs, dict) else {}
            masked[field] = {
                key: differs if key in theirs and theirs[key] != value else MASKED for key, value in values.items()
            }
        elif values is not None:
            masked[field] = MASKED
    metadata = obj.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        annotations = {key: MASKED if key in _COPIES else value for key, value in metadata["annotations"].items()}
        masked["metadata"] = {**metadata, "annotations": annotations}
    return masked


def redact_text(text: str, secrets: Iterable[str]) -> str:
    """``text`` with every occurrence of the secrets masked; longest first, so that a prefix leaves no tail."""
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        text = text.replace(secret, MASKED)
    return text
