"""Pages and filters of list methods."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

from testbed.cloud.core.protocol.errors import invalid

TERM = re.compile(
    r"""\s*\(?\s*(?P<field>[A-Za-z_][\w.\-]*)\s*
        (?P<op>=|!=|:|eq\b|ne\b)\s*
        (?P<value>"[^"]*"|'[^']*'|[^\s()]+)\s*\)?\s*""",
    re.VERBOSE,
)


def page(items: Sequence[Any], size: Any, token: str | None, default: int = 500) -> tuple[list[Any], str | None]:
    """One page of `items` and the token of the next; raises ApiError 400 for a token that is not ours."""
    start = 0
    if token:
        try:
            start = int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("from:"))
        except (binascii.Error, ValueError) as error:
            raise invalid(
                f"Invalid value for field 'pageToken': '{token}'. Page token is invalid.",
                location=("parameter", "pageToken"),
            ) from error
    end = start + (int(size) if size else default)
    following = base64.urlsafe_b64encode(f"from:{end}".encode()).decode() if end < len(items) else None
    return list(items[start:end]), following


def select(items: Sequence[dict[str, Any]], expression: str | None) -> list[dict[str, Any]]:
    """The items that pass a filter of `field = value` terms joined by AND (or nothing, or parentheses)."""
    terms = parse(expression or "")
    return [item for item in items if all(_term(field, op, value, item) for field, op, value in terms)]


def parse(expression: str) -> list[tuple[str, str, str]]:
    """The terms of a filter; raises ApiError 400 for what this server does not understand."""
    terms = []
    rest = expression.strip()
    while rest:
        found = TERM.match(rest)
        if not found:
            raise invalid(f"Invalid value for field 'filter': '{expression}'. Invalid list filter expression.")
        operator = {"eq": "eq", "ne": "ne"}.get(found["op"], found["op"])
        terms.append((found["field"], operator, found["value"].strip("\"'")))
        rest = re.sub(r"^(AND|and)\b", "", rest[found.end() :].strip()).strip()
    return terms


def _term(field: str, op: str, value: str, item: dict[str, Any]) -> bool:
    found: Any = item
    for part in field.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if op == ":":
        return found is not None if value == "*" else value in str(found if found is not None else "")
    text = "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
    if op in ("eq", "ne"):
        # The legacy operators compare with a whole regular expression.
        return bool(re.fullmatch(value, text)) == (op == "eq")
    return (text == value) == (op == "=")
