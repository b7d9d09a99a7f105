# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""YAML in and out, with libyaml's speed where it is there."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.common.yaml_loader import loader
from ansible_collections.pingpong.platform.plugins.module_utils.common.yaml_scalars import number

_WHITESPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _yaml() -> Any:
    # Imported when first needed: a no-op of objects given as dicts never parses or prints YAML.
    return require("yaml", "read and write YAML", "PyYAML")


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


_JSON = json.JSONDecoder(
    parse_int=lambda digits: number(int(digits)),
    parse_float=lambda digits: number(float(digits)),
    parse_constant=_constant,
)


def load_all(text: str) -> list[Any]:
    """The documents of a file, as kubectl reads them; ValueError with line and column when it is malformed.

    What begins with a brace is read as JSON, one object after the other; where that fails at the first or the second
    of them, the rest is YAML, as JSON documents may be set apart by ``---``.
    """
    start = _WHITESPACE.match(text).end()  # type: ignore[union-attr]
    if not text.startswith("{", start):
        return _load_yaml(text)
    documents: list[Any] = []
    while start < len(text):
        try:
            document, start = _JSON.raw_decode(text, start)
        except ValueError as error:
            # Only the place and the problem, never the excerpt: the text may hold a secret.
            problem = f"malformed JSON{_where(error)}"
            if len(documents) > 1:
                raise ValueError(problem) from None
            try:
                return documents + _load_yaml(text[start:])
            except ValueError:
                raise ValueError(problem) from None
        documents.append(_scrubbed(document))
        start = _WHITESPACE.match(text, start).end()  # type: ignore[union-attr]
    return documents


def _load_yaml(text: str) -> list[Any]:
    yaml = _yaml()
    try:
        return list(yaml.load_all(text, Loader=loader(yaml)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise ValueError(f"malformed YAML{where}: {getattr(error, 'problem', None) or 'unreadable'}") from None


def _where(error: ValueError) -> str:
    place = f" in line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
    return f"{place}: {error.msg if isinstance(error, json.JSONDecodeError) else error}"


def _scrubbed(value: Any) -> Any:
    """Text without halves of a surrogate pair, as Go reads it."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_scrubbed(name): _scrubbed(item) for name, item in value.items()}
    return [_scrubbed(item) for item in value] if isinstance(value, list) else value


def dump(value: Any) -> str:
    """Plain JSON-like data as YAML, keys sorted, no aliases; None is the empty text."""
    if value is None:
        return ""
    yaml = _yaml()
    base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper = type("Dumper", (base,), {"ignore_aliases": lambda self, data: True})
    return str(yaml.dump(value, Dumper=dumper, sort_keys=True, default_flow_style=False, allow_unicode=True, width=120))


def plain(value: Any) -> Any:
    """The same data in Python's own types.

    Ansible hands strings, lists and dicts over as subclasses that carry tags; JSON and YAML writers and type
    checks want the plain ones.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, datetime):
        # YAML reads 2027-01-01T00:00:00Z without quotes as a time, in UTC where it names no zone.
        return value.isoformat().removesuffix("+00:00") + ("Z" if not value.utcoffset() else "")
    if isinstance(value, date):
        return value.isoformat()
    return value
