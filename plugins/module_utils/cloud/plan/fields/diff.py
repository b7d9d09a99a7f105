# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What differs between desired and live. Pure.

Only declared fields are compared: the others are the server's. Forms of the same value (``values``) are no difference,
nor are absent and empty, or elements of a set in another order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, same_key, without
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.merge import excluded, merge, orphaned
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.values import (
    equal,
    is_empty,
    is_unspecified,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import Unknown
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import MASKED


@dataclass(frozen=True)
class FieldDiff:
    """One field that differs: its dotted path, both values, and why it matters."""

    path: str
    before: Any
    after: Any
    why: str = "differs from what is desired"


def masked(kind: Kind, diff: FieldDiff) -> FieldDiff:
    """The diff as it may be shown: without the values of what is sensitive."""
    if any(diff.path == path or diff.path.startswith(f"{path}.") for path in kind.sensitive):
        return replace(diff, before=diff.before and MASKED, after=diff.after and MASKED)
    return diff


class Comparison:
    """Compares bodies of one kind; ``project`` completes links that leave it out.

    ``imposed`` are sentences on fields that Google keeps otherwise than declared, and that are no difference.
    """

    def __init__(self, kind: Kind, project: str) -> None:
        self._kind = kind
        self._project = project
        self.imposed: list[str] = []

    def diffs(self, desired: dict[str, Any], live: dict[str, Any], skip: tuple[str, ...] = ()) -> list[FieldDiff]:
        """The differing leaves, in the desired order; ``skip`` are dotted paths that are not compared."""
        found: list[FieldDiff] = []
        self._compare(desired, live, "", "", frozenset((*self._kind.create_only, *skip)), found)
        return found

    def same(self, desired: Any, live: Any, field: str = "") -> bool:
        """Whether live has what is desired in a field."""
        found: list[FieldDiff] = []
        self._compare(desired, live, field, field, frozenset(self._kind.create_only), found)
        return not found

    def _compare(
        self, desired: Any, live: Any, path: str, field: str, skip: frozenset[str], found: list[FieldDiff]
    ) -> None:
        """``path`` names elements of lists and keys of maps; ``field`` is the same without them."""
        kind = self._kind
        if field in skip or field in kind.output_only:
            return
        if is_unspecified(desired):
            # It means the default; which one that is, the server alone knows where the kind does not.
            desired = kind.defaults.get(field)
            if desired is None:
                return
        zero = kind.zeros.get(field)
        if zero is not None and live == zero:
            live = None
        if live is None and (desired is False or not is_empty(desired)):
            # An absent field has the default; False is desired, as the default may be true.
            live = kind.defaults.get(field)
        if isinstance(desired, Unknown):
            found.append(FieldDiff(path, live, str(desired), "is known once what it refers to exists"))
        elif desired is None:
            filled = tuple(name.removeprefix(f"{field}.") for name in kind.output_only)
            if not is_empty(without(live, filled) if isinstance(live, dict) else live):
                found.append(FieldDiff(path, live, None, "is to be removed"))
        elif isinstance(desired, dict) and (live is None or isinstance(live, dict)):
            self._compare_objects(desired, live or {}, path, field, skip, found)
        elif isinstance(desired, list) and (live is None or isinstance(live, list)):
            self._compare_lists(desired, live or [], path, field, skip, found)
        elif not (desired == zero and live is None) and not self._same_scalar(desired, live, field):
            self._add(found, FieldDiff(path, live, desired), field)

    def _add(self, found: list[FieldDiff], diff: FieldDiff, field: str) -> None:
        rule = self._kind.imposed.get(field)
        reason = rule(diff.after, diff.before) if rule else None
        if reason:
            self.imposed.append(f"{diff.path} stays {diff.before!r}: {reason}")
        else:
            found.append(diff)

    def _compare_objects(
        self,
        desired: dict[str, Any],
        live: dict[str, Any],
        path: str,
        field: str,
        skip: frozenset[str],
        found: list[FieldDiff],
    ) -> None:
        leaving = excluded(self._kind, field, desired, live)
        if leaving and field:
            found.append(FieldDiff(path, live, compact(merge(self._kind, desired, live, field))))
            return
        for key, value in desired.items():
            theirs = live.get(same_key(live, key))
            self._compare(value, theirs, f"{path}.{key}" if path else key, self._kind.below(field, key), skip, found)
        for key in leaving | orphaned(self._kind, field, desired, live):
            name = f"{path}.{key}" if path else key
            found.append(FieldDiff(name, live[key], None, "gives way to what is declared beside it"))

    def _compare_lists(
        self, desired: list[Any], live: list[Any], path: str, field: str, skip: frozenset[str], found: list[FieldDiff]
    ) -> None:
        key = self._kind.keyed.get(field)
        if key is not None:
            theirs = {str(item.get(key)): item for item in live if isinstance(item, dict)}
            for item in desired:
                name = str(item.get(key))
                if name in theirs:
                    self._compare(item, theirs.pop(name), f"{path}[{name}]", field, skip, found)
                else:
                    found.append(FieldDiff(f"{path}[{name}]", None, item, "is missing"))
            found += [
                FieldDiff(f"{path}[{name}]", item, None, "is not declared")
                for name, item in theirs.items()
                if f"{path}[{name}]" not in self._kind.kept
            ]
        elif not self._same_list(desired, live, field):
            self._add(found, FieldDiff(path, live, desired), field)

    def _same_list(self, desired: list[Any], live: list[Any], field: str) -> bool:
        if len(desired) != len(live):
            return False
        if field in self._kind.ordered:
            return all(self.same(ours, theirs, field) for ours, theirs in zip(desired, live, strict=True))
        left = list(live)
        for ours in desired:
            match = next((index for index, theirs in enumerate(left) if self.same(ours, theirs, field)), None)
            if match is None:
                return False
            del left[match]
        return True

    def _same_scalar(self, desired: Any, live: Any, field: str) -> bool:
        if equal(desired, live, field, self._project):
            return True
        ours, theirs = str(desired), str(live)
        if field in self._kind.caseless and ours.lower() == theirs.lower():
            return True
        short = "/" not in ours or "/" not in theirs
        return field in self._kind.short_links and short and ours.rsplit("/", 1)[-1] == theirs.rsplit("/", 1)[-1]
