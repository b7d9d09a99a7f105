# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a live object differs from what the declared one alone would be, and who wrote that. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import FIELD_MANAGER, Object
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.controllers import AGGREGATED, FILLED

# Of the metadata only these are declared; the rest is identity or the server's.
_METADATA = ("labels", "annotations", "ownerReferences")
_ABSENT: Any = object()
Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One field; ``how`` is what was done to the declared one: added, removed or changed."""

    path: Path
    how: str

    @property
    def text(self) -> str:
        """The path as messages write it."""
        return ".".join(self.path).replace(".[", "[")


def differences(live: Object, declared: Object) -> list[Difference]:
    """The fields of ``live`` that are not as in ``declared``, which the server completed; not those of controllers."""
    found = _between(_compared(declared), _compared(live), ())
    return [item for item in found if not _filled(item, declared)]


def writers(live: Object, path: Path) -> list[str]:
    """The field managers, beside our own apply, that own a field, or else that wrote to the object last."""
    entries = [
        entry
        for entry in live["metadata"].get("managedFields") or []
        if (entry.get("manager"), entry.get("operation")) != (FIELD_MANAGER, "Apply") and not entry.get("subresource")
    ]
    owners = [entry for entry in entries if _owns(entry.get("fieldsV1") or {}, path)]
    latest = sorted(entries, key=lambda entry: str(entry.get("time") or ""))[-1:]
    return sorted({str(entry.get("manager")) for entry in owners or latest})


def _compared(obj: Object) -> dict[str, Any]:
    metadata = {name: obj["metadata"][name] for name in _METADATA if obj["metadata"].get(name)}
    rest = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "status", "metadata")}
    return {**rest, "metadata": metadata}


def _between(declared: Any, live: Any, path: Path) -> Iterator[Difference]:
    if isinstance(declared, dict) and isinstance(live, dict):
        for name in sorted({*declared, *live}):
            yield from _between(declared.get(name, _ABSENT), live.get(name, _ABSENT), (*path, name))
    elif _named(declared) and _named(live):
        by_name = [{f"[{item['name']}]": item for item in side} for side in (declared, live)]
        yield from _between(by_name[0], by_name[1], path)
    elif declared is _ABSENT and isinstance(live, dict):
        yield from _between({}, live, path)
    elif live is _ABSENT and isinstance(declared, dict):
        yield from _between(declared, {}, path)
    elif declared is _ABSENT or live is _ABSENT:
        yield Difference(path, "added" if declared is _ABSENT else "removed")
    # As text: to Python true and 1 are equal.
    elif json.dumps(declared, sort_keys=True) != json.dumps(live, sort_keys=True):
        yield Difference(path, "changed")


def _named(items: Any) -> bool:
    """Whether a list is one of things with names of their own."""
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) and "name" in item for item in items):
        return False
    return len({item["name"] for item in items}) == len(items)


def _filled(difference: Difference, declared: Object) -> bool:
    kind, text = declared["kind"], difference.text
    if kind == "ClusterRole" and "aggregationRule" in declared and fnmatchcase(text, AGGREGATED):
        return True
    return any(of in ("*", kind) and fnmatchcase(text, pattern) for of, pattern in FILLED)


def _owns(fields: Mapping[str, Any], path: Path) -> bool:
    """Whether a field set reaches a path; below the node of an atomic value it owns everything."""
    for name in path:
        if name.startswith("["):
            nodes = [node for key, node in fields.items() if key.startswith("k:") and name == _item(key)]
        else:
            nodes = [fields[f"f:{name}"]] if f"f:{name}" in fields else []
        if not nodes:
            return False
        fields = nodes[0]
        if not fields:
            return True
    return True


def _item(key: str) -> str:
    return f"[{json.loads(key[2:]).get('name')}]"
