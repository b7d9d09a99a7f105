# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each task planned in check mode, as a fact that ``drift_check`` reads. Pure, and free of secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import is_secret
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Object, key_of

UNCHANGED = ("unchanged", "none")
FAILED = "failed"


@dataclass(frozen=True)
class Change:
    """What a plan would change of one thing: ``subject`` names it, ``fields`` are paths."""

    subject: str
    action: str
    fields: tuple[str, ...] = ()
    why: str = ""


@dataclass
class Declared:
    """Everything that plans declare, and what they would change: in a cluster, and in the cloud.

    ``bodies`` lacks what the plan alone compares; ``unplanned`` are the objects of layers whose plan failed; ``gaps``
    says what could not even be rendered, so that what it declares is unknown.
    """

    keys: set[Key] = field(default_factory=set)
    bodies: dict[Key, Object] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    unplanned: set[Key] = field(default_factory=set)
    resources: list[tuple[dict[str, str], Change | None]] = field(default_factory=list)
    bindings: list[tuple[dict[str, str], list[dict[str, Any]]]] = field(default_factory=list)
    cloud_changes: list[Change] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def namespaces(self) -> set[str]:
        """The namespaces that are declared: they are managed, whatever is in them."""
        return {key.name for key in self.keys if key.kind == "Namespace" and not key.group}


def layer_plan(layer: str, desired: Sequence[Object] | None, result: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of a ``k8s_apply``; ``desired`` is None where the task failed before its objects were known.

    The objects are one text: to Ansible a leaf, which it neither walks through nor takes for a template.
    """
    entry: dict[str, Any] = {"layer": layer, "error": str(result.get("msg") or "")}
    if desired is not None:
        entry["declared"] = json.dumps([_kept(obj) for obj in desired], separators=(",", ":"))
    changes = [item for item in result.get("objects") or [] if item.get("action") not in UNCHANGED]
    changes += [*(result.get("pruned") or []), *(result.get("kept") or [])]
    entry["changes"] = [
        {"subject": _name(item), "action": item["action"], "fields": item.get("fields") or [], "why": _why(item)}
        for item in changes
    ]
    return entry


def stack_plan(resources: Iterable[Mapping[str, Any]], result: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of a ``gcp_stack``: of each resource its kind, the texts that say where it is, and what would change.

    Of a policy its bindings as well, which say who may do what and hold no secret.
    """
    planned = {item["key"]: item for item in result.get("resources") or []}
    return {
        "error": str(result.get("msg") or ""),
        "resources": [
            _resource(item, planned.get(item.get("key") or f"{item['kind']}/{item['name']}")) for item in resources
        ],
        "changes": [],
    }


def task_plan(subject: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of any other task: whether it would change something."""
    changes = [{"subject": subject, "action": "changed", "fields": [], "why": ""}] if result.get("changed") else []
    return {"error": str(result.get("msg") or ""), "changes": changes}


def read(plans: Iterable[Mapping[str, Any]]) -> Declared:
    """All plans as one."""
    declared = Declared()
    for plan in plans:
        if "unplanned" in plan:
            declared.gaps.append(str(plan["unplanned"]))
            continue
        what = f"layer {plan['layer']}" if "layer" in plan else str(plan.get("task") or "a task")
        changes = [_change(item) for item in plan["changes"]]
        if plan["error"]:
            changes.append(Change(what, FAILED, why=plan["error"]))
        if "resources" in plan:
            for item in plan["resources"]:
                declared.resources.append((item["place"], _change(item["change"]) if "change" in item else None))
                if "bindings" in item:
                    declared.bindings.append((item["place"], item["bindings"]))
            declared.cloud_changes += changes
            continue
        declared.changes += changes
        if "layer" in plan and "declared" not in plan:
            declared.gaps.append(f"{what} could not be rendered: {plan['error']}")
        for obj in json.loads(plan.get("declared") or "[]"):
            key = key_of(obj)
            declared.keys.add(key)
            if plan["error"]:
                declared.unplanned.add(key)
            if not _named_only(obj):
                declared.bodies[key] = obj
    return declared


def _resource(item: Mapping[str, Any], planned: Mapping[str, Any] | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"place": {name: value for name, value in item.items() if isinstance(value, str)}}
    if isinstance(item.get("bindings"), list):
        entry["bindings"] = item["bindings"]
    if planned is None or planned["action"] in UNCHANGED:
        return entry
    fields = [change["field"] for change in planned.get("fields") or []]
    change = {"subject": planned["key"], "action": planned["action"], "fields": fields, "why": planned.get("why") or ""}
    return {**entry, "change": change}


def _change(item: Mapping[str, Any]) -> Change:
    return Change(item["subject"], item["action"], tuple(item["fields"]), item["why"])


def _named_only(obj: Object) -> bool:
    """Large, secret, or of a kind that no PUT of the declared form leads to the live one of: left to the plan."""
    return is_secret(obj) or obj["kind"] in ("CustomResourceDefinition", "PersistentVolumeClaim", "Job")


def _kept(obj: Object) -> Object:
    if not _named_only(obj):
        return obj
    metadata = {name: obj["metadata"][name] for name in ("name", "namespace") if obj["metadata"].get(name)}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}


def _name(item: Mapping[str, Any]) -> str:
    return str(Key("", item["kind"], item.get("namespace") or "", item["name"]))


def _why(item: Mapping[str, Any]) -> str:
    managers = sorted({str(one["manager"]) for one in item.get("reverted") or []})
    written = [f"written by {', '.join(managers)}"] if managers else []
    return "; ".join([*([str(item["reason"])] if item.get("reason") else []), *written])
