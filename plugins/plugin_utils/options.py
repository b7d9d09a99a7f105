# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Find options of another shape than the spec's: Ansible's own words for them leave out which option it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict


def malformed(spec: Mapping[str, Any], options: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """One sentence for each option that is not the dict or list that it should be; values are never shown."""
    for name, value in options.items():
        option = spec.get(name) or {}
        place = f"{where}.{name}" if where else str(name)
        if value is None:
            continue
        if option.get("type") == "dict":
            yield from _dict(place, option, value)
        elif option.get("type") == "list" and isinstance(value, Mapping):
            yield f"{place}: found a dict, expected a list"
        elif option.get("elements") == "dict" and isinstance(value, str):
            yield f"{place}: found a str, expected a list of dicts"
        elif option.get("elements") == "dict" and isinstance(value, list):
            for index, element in enumerate(value):
                yield from _dict(f"{place}[{index}]", option, element)


def _dict(place: str, option: Mapping[str, Any], value: Any) -> Iterator[str]:
    known = option.get("options") or {}
    if isinstance(value, Mapping):
        yield from malformed(known, value, place)
        return
    try:
        check_type_dict(value)
    except TypeError:
        yield f"{place}: found {_kind_of(value)}, expected a dict{' of ' + ', '.join(sorted(known)) if known else ''}"


def _kind_of(value: Any) -> str:
    # Ansible's values are subclasses of Python's that carry where they come from.
    kind = next(base.__name__ for base in type(value).__mro__ if base.__module__ == "builtins")
    return f"an {kind}" if kind == "int" else f"a {kind}"
