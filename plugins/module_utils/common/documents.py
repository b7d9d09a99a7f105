# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""YAML in and out, with libyaml's speed where it is there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require


def _yaml() -> Any:
    # Imported when first needed: a no-op of objects given as dicts never parses or prints YAML.
    return require("yaml", "read and write YAML", "PyYAML")


# To Kubernetes these are text: a date without quotes, and the ``=`` that Prometheus' definitions list.
_TEXT = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")


def load_all(text: str) -> list[Any]:
    """The documents of a YAML stream; ValueError with line and column when it is malformed."""
    yaml = _yaml()
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag not in _TEXT]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    try:
        return list(yaml.load_all(text, Loader=type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        # Only the problem, never the excerpt: the text may hold a secret.
        raise ValueError(f"malformed YAML{where}: {getattr(error, 'problem', None) or 'unreadable'}") from None


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
