# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What differs between desired and live. Pure.

Only declared fields are compared: the others are the server's. Forms of the same
value are no difference: links, integers as strings, absent and empty, elements of a set in another order.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import (
    canonical_link,
    is_link,
    same_key,
    same_path,
    without,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import Unknown
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import MASKED

_INDEX = re.compile(r"\[[^\]]*\]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_NETWORK = re.compile(r"[0-9a-fA-F.:]+(/\d+)")


@dataclass(frozen=True)
class FieldDiff:
    """One field that differs: its dotted path, both values, and why it matters."""

    path: str
    before: Any
    after: Any
    why: str = "differs from what is desired"


def masked(kind: Kind, diff: FieldDiff) -> FieldDiff:
    """The change as it may be shown: without the values of what is sensitive."""
    if any(diff.path == path or diff.path.startswith(f"{path}.") for path in kind.sensitive):
        return replace(diff, before=diff.before and MASKED, after=diff.after and MASKED)
    return diff


class Comparison:
    """Compares bodies of one kind; ``project`` completes links that leave it out."""

    def __init__(self, kind: Kind, project: str) -> None:
        self._kind = kind
        self._project = project

    def diffs(self, desired: dict[str, Any], live: dict[str, Any], skip: tuple[str, ...] = ()) -> list[FieldDiff]:
        """The differing leaves, in the desired order; ``skip`` are dotted paths that are not compared."""
        found: list[FieldDiff] = []
        self._compare(desired, live, "", (*self._kind.create_only, *skip), found)
        return found

    def same(self, desired: Any, live: Any, path: str = "") -> bool:
        """Whether live has what is desired."""
        found: list[FieldDiff] = []
        self._compare(desired, live, path, self._kind.create_only, found)
        return not found

    def _compare(self, desired: Any, live: Any, path: str, skip: tuple[str, ...], found: list[FieldDiff]) -> None:
        bare = _INDEX.sub("", path)
        if bare in skip or bare in self._kind.output_only:
            return
        if live is None and (desired is False or not _is_empty(desired)):
            # An absent field has the default; False is desired, as the default may be true.
            live = self._kind.defaults.get(bare)
        if isinstance(desired, Unknown):
            found.append(FieldDiff(path, live, str(desired), "is known once what it refers to exists"))
        elif desired is None:
            filled = tuple(name.removeprefix(f"{bare}.") for name in self._kind.output_only)
            if not _is_empty(without(live, filled) if isinstance(live, dict) else live):
                found.append(FieldDiff(path, live, None, "is to be removed"))
        elif _others(self._kind, bare, desired, live):
            found.append(FieldDiff(path, live, merge(self._kind, desired, live, bare)))
        elif isinstance(desired, dict) and (live is None or isinstance(live, dict)):
            for key, value in desired.items():
                self._compare(
                    value, (live or {}).get(same_key(live or {}, key)), f"{path}.{key}" if path else key, skip, found
                )
        elif isinstance(desired, list) and (live is None or isinstance(live, list)):
            self._compare_lists(desired, live or [], path, bare, skip, found)
        elif not self._same_scalar(desired, live, bare):
            found.append(FieldDiff(path, live, desired))

    def _compare_lists(
        self, desired: list[Any], live: list[Any], path: str, bare: str, skip: tuple[str, ...], found: list[FieldDiff]
    ) -> None:
        key = self._kind.keyed.get(bare)
        if key is not None:
            theirs = {str(item.get(key)): item for item in live if isinstance(item, dict)}
            for item in desired:
                name = str(item.get(key))
                if name in theirs:
                    self._compare(item, theirs.pop(name), f"{path}[{name}]", skip, found)
                else:
                    found.append(FieldDiff(f"{path}[{name}]", None, item, "is missing"))
            found += [
                FieldDiff(f"{path}[{name}]", item, None, "is not declared")
                for name, item in theirs.items()
                if f"{path}[{name}]" not in self._kind.kept
            ]
        elif not self._same_list(desired, live, path, bare):
            found.append(FieldDiff(path, live, desired))

    def _same_list(self, desired: list[Any], live: list[Any], path: str, bare: str) -> bool:
        if len(desired) != len(live):
            return False
        if bare in self._kind.ordered:
            return all(self.same(ours, theirs, path) for ours, theirs in zip(desired, live, strict=True))
        left = list(live)
        for ours in desired:
            match = next((index for index, theirs in enumerate(left) if self.same(ours, theirs, path)), None)
            if match is None:
                return False
            del left[match]
        return True

    def _same_scalar(self, desired: Any, live: Any, bare: str) -> bool:
        if _is_empty(desired) and _is_empty(live):
            return True
        if isinstance(desired, bool) or isinstance(live, bool):
            return str(desired).lower() == str(live).lower()
        if isinstance(desired, float) or isinstance(live, float):
            return _same_number(desired, live)
        if str(desired) == str(live) or (bare in self._kind.caseless and str(desired).lower() == str(live).lower()):
            return True
        if is_link(desired) or is_link(live):
            return self._same_link(str(desired), str(live), bare)
        if bare in self._kind.short_links:
            return str(desired).rsplit("/", 1)[-1] == str(live).rsplit("/", 1)[-1]
        return _same_moment(str(desired), str(live)) or _same_size(str(desired), str(live))

    def _same_link(self, desired: str, live: str, bare: str) -> bool:
        ours, theirs = canonical_link(desired, self._project), canonical_link(live, self._project)
        if same_path(ours, theirs):
            return True
        short = "/" not in ours or "/" not in theirs
        return bare in self._kind.short_links and short and ours.rsplit("/", 1)[-1] == theirs.rsplit("/", 1)[-1]


def _same_number(one: Any, other: Any) -> bool:
    # 1 and 1.0 are one number, and 0.1 may come back with the rounding of a shorter type.
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-6)
    except (TypeError, ValueError):
        return False


def _same_moment(one: str, other: str) -> bool:
    """The same time with another offset, or with a fraction of zeros."""
    try:
        return all(map(_MOMENT.match, (one, other))) and datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except ValueError:
        return False


def _same_size(desired: str, live: str) -> bool:
    """Whether a network of the desired size (``/14``), which Google has chosen, is there."""
    network = _NETWORK.fullmatch(live)
    return network is not None and network.group(1) == desired


def _others(kind: Kind, bare: str, desired: Any, live: Any) -> set[str]:
    """The fields of a union that give way to a desired one that is not live, empty ones too."""
    fields = kind.unions.get(bare) or kind.unions.get(f"{bare.rpartition('.')[0]}.*")
    if not fields or not isinstance(desired, dict) or not isinstance(live, dict):
        return set()
    ours = {name for name in fields if desired.get(name) is not None}
    theirs = {name for name in fields if live.get(name) is not None}
    return theirs - ours if ours - theirs else set()


def _is_empty(value: Any) -> bool:
    # Google's servers leave out what has its type's default, so an absent field is the empty one.
    return value is None or value is False or value in ("", 0, "0", [], {}) or _is_unspecified(value)


def _is_unspecified(value: Any) -> bool:
    """Whether a value is the zero of its enumeration, which is written out by hand alone."""
    return isinstance(value, str) and (value == "UNSPECIFIED" or value.endswith("_UNSPECIFIED"))


def merge(kind: Kind, desired: Any, live: Any, path: str = "") -> Any:
    """Desired laid over live: objects are merged, lists replaced, elements of keyed lists merged, and of a
    union the desired fields alone stay.

    A desired None stays: PATCH takes it as the order to remove the field.
    """
    if isinstance(desired, dict) and isinstance(live, dict):
        gone = _others(kind, path, desired, live)
        result = {key: value for key, value in live.items() if key not in gone}
        for key, value in desired.items():
            theirs_key = same_key(live, key)
            result[theirs_key] = merge(kind, value, live.get(theirs_key), f"{path}.{key}" if path else key)
        return result
    key_field = kind.keyed.get(path)
    if key_field is not None and isinstance(desired, list) and isinstance(live, list):
        theirs = {str(item.get(key_field)): item for item in live if isinstance(item, dict)}
        return [merge(kind, item, theirs.get(str(item.get(key_field))), f"{path}") for item in desired]
    return desired
