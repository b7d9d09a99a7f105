"""Update masks and names of the newer APIs. https://google.aip.dev/161"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from testbed.cloud.core.call import Body
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.core.protocol.schema import camel

LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


def apply(old: Body, sent: Body, mask: str | None, mutable: Collection[str]) -> Body:
    """`old` with the fields that the mask names taken from `sent`; a named field that was not sent is cleared.

    Without a mask every sent field is written. Raises ApiError 400 for a field that can't be updated.
    """
    paths = [camel_path(part) for part in (mask or "").split(",") if part] or sorted(sent)
    if paths == ["*"]:
        paths = sorted(mutable)
    new = dict(old)
    for path in paths:
        top = path.partition(".")[0]
        if top not in mutable:
            raise invalid(f"Field '{path}' of update_mask is not mutable or does not exist.")
        _write(new, sent, path.split("."))
    return new


def camel_path(path: str) -> str:
    """Every part of a path in camelCase."""
    return ".".join(camel(part) for part in path.strip().split("."))


def _write(new: Body, sent: Any, path: list[str]) -> None:
    name, *rest = path
    value = sent.get(name) if isinstance(sent, dict) else None
    if rest:
        inner = dict(new.get(name) or {})
        _write(inner, value or {}, rest)
        new[name] = inner
    elif value is None:
        new.pop(name, None)
    else:
        new[name] = value


def check_labels(labels: Any) -> None:
    """Label syntax of the newer APIs."""
    if len(labels or {}) > 64:
        raise invalid("A resource can have at most 64 labels.")
    for name, value in (labels or {}).items():
        if not LABEL_KEY.fullmatch(name) or not LABEL_VALUE.fullmatch(value):
            raise invalid(f"Label '{name}={value}' is invalid: lower-case letters, digits, '_' and '-' only.")


def check_id(field: str, value: Any, pattern: str) -> str:
    """An id given as a query parameter; raises ApiError 400."""
    text = str(value or "")
    if not text:
        raise invalid(f"Field '{field}' is required but was not set.")
    if not re.fullmatch(pattern, text):
        raise invalid(f"Field '{field}' has the invalid value '{text}': it must match '{pattern}'.")
    return text
