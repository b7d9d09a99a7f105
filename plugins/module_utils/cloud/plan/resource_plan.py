# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From a wish and what is live to the operation that makes them agree. Pure.

The same function serves check mode, diff and apply: apply plans again whenever it has read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Context, Kind, Parts, Update
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, without
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan import enabled_apis, iam_policies
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Operation, Step
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.diff import Change, Comparison, masked, merge
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

_PLANNERS = {"policy": iam_policies.plan, "services": enabled_apis.plan}


def plan_present(resource: Resource, live: dict[str, Any] | None) -> Operation:
    """What has to be done so that the resource is as wished."""
    if resource.kind.planner:
        return _PLANNERS[resource.kind.planner](resource, live, True)
    # It is sent as Google answers it, so that what was meant is what it makes of it.
    resource = resource.with_body(resource.kind.canonical(resource.body))
    if live is None:
        return _create(resource)
    if str(live.get("status")) in resource.kind.failed and resource.kind.never_ran(live):
        return _replace(resource, live)
    kind = resource.kind
    skip = kind.ignore(resource.body, live) if kind.ignore else ()
    changes = Comparison(kind, resource.project).changes(resource.body, kind.canonical(live), skip)
    if not changes:
        return Operation(resource, "none")
    stuck = [change for change in changes if _find_update(kind, change) is None]
    if stuck:
        return Operation(resource, "blocked", tuple(changes), why=_immutable(kind, stuck))
    return Operation(resource, "update", tuple(changes), _steps(resource, live, changes))


def plan_absent(resource: Resource, live: dict[str, Any] | None, unprotect: bool = False) -> Operation:
    """What has to be done so that the resource is gone."""
    if resource.kind.planner:
        return _PLANNERS[resource.kind.planner](resource, live, False)
    if live is None or not resource.kind.delete:
        return Operation(resource, "none")
    if resource.protection and not unprotect:
        return Operation(resource, "blocked", why="it is protected; set unprotect to delete it all the same")
    steps: tuple[Step, ...] = (Step("DELETE", resource.item),)
    if live.get("deletionProtection") is True:
        if not unprotect:
            return Operation(resource, "blocked", why="its deletionProtection is on; set unprotect to delete it")
        off = Step("POST", f"{resource.item}/setDeletionProtection", query={"deletionProtection": "false"})
        steps = (off, *steps)
    return Operation(resource, "delete", steps=steps)


def body_of(resource: Resource) -> dict[str, Any]:
    """The body of a creation."""
    kind = resource.kind
    body: dict[str, Any] = compact(resource.body)
    if kind.named:
        body = {"name": resource.name, **body}
    return kind.wrap(resource.name, body) if kind.wrap else body


def _create(resource: Resource) -> Operation:
    query = {key: resource.format(value) for key, value in resource.kind.create_query.items()}
    step = Step("POST", resource.format(resource.kind.create_path), body_of(resource), query)
    changes = tuple(Change(name, None, value, "is new") for name, value in compact(resource.body).items())
    return Operation(resource, "create", changes, (step,), why="does not exist")


def _replace(resource: Resource, live: dict[str, Any]) -> Operation:
    reason = live.get("statusMessage") or live.get("conditions") or live.get("status")
    create = _create(resource)
    steps = (Step("DELETE", resource.item), *create.steps)
    return replace(create, action="replace", steps=steps, why=f"its creation failed and it never ran: {reason}")


def _immutable(kind: Kind, stuck: list[Change]) -> str:
    shown = [masked(kind, change) for change in stuck]
    fields = ", ".join(f"{change.path} (is {change.before!r}, wished {change.after!r})" for change in shown)
    return f"cannot be changed once it exists: {fields}; {kind.advice}"


def _find_update(kind: Kind, change: Change) -> tuple[Update | Parts, str] | None:
    path = change.path
    if any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in kind.immutable):
        return None
    if kind.parts is not None and path.startswith(f"{kind.parts.field}["):
        return kind.parts, path.split("[", 1)[1].split("]", 1)[0]
    for update in kind.updates:
        prefix = update.covers(path)
        if prefix is not None and update.takes(change.before, change.after):
            return update, prefix
    return None


def _steps(resource: Resource, live: dict[str, Any], changes: list[Change]) -> tuple[Step, ...]:
    kind = resource.kind
    merged = without(merge(kind, resource.body, live), kind.output_only)
    groups: dict[tuple[int, str], _Group] = {}
    for change in changes:
        found = _find_update(kind, change)
        if found is None:
            continue
        how, prefix = found
        alone = isinstance(how, Parts) or how.each
        group = groups.setdefault((id(how), prefix if alone else ""), _Group(how))
        group.add(prefix, change)
    steps = [group.step(resource, live, merged) for group in groups.values()]
    order = {id(update): index for index, update in enumerate(kind.updates)}
    ranked = sorted(zip(groups.values(), steps, strict=True), key=lambda pair: order.get(id(pair[0].how), 99))
    return tuple(step for _unused, step in ranked)


@dataclass
class _Group:
    """Changes that travel in one request."""

    how: Update | Parts
    prefixes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def add(self, prefix: str, change: Change) -> None:
        if prefix not in self.prefixes:
            self.prefixes.append(prefix)
        self.changes.append(change)

    def step(self, resource: Resource, live: dict[str, Any], merged: dict[str, Any]) -> Step:
        if isinstance(self.how, Parts):
            return _part_step(self.how, resource, merged, self.prefixes[0], self.changes)
        context = Context(resource.body, live, merged, tuple(self.prefixes))
        query = self.how.query(context) if self.how.query else {}
        return Step(
            self.how.method,
            resource.format(self.how.path),
            self.how.build(context),
            query,
            tuple(change.path for change in self.changes),
        )


def _part_step(parts: Parts, resource: Resource, merged: dict[str, Any], key: str, changes: list[Change]) -> Step:
    element: Literal["add", "change", "remove"] = "change"
    if changes[0].path == f"{parts.field}[{key}]":
        element = "add" if changes[0].before is None else "remove"
    paths = tuple(change.path for change in changes)
    path = f"{resource.item}/{getattr(parts, element)}"
    query = {} if element == "add" else {parts.key: key}
    if element == "remove":
        return Step("POST", path, None, query, paths)
    # A field that is merely left out stays: the mask names those that are to go.
    gone = (change.path.removeprefix(f"{parts.field}[{key}].") for change in changes if change.after is None)
    if mask := ",".join(dict.fromkeys(name.split(".")[0] for name in gone)):
        query["updateMask"] = mask
    body = next(item for item in merged[parts.field] if str(item.get(parts.key)) == key)
    return Step("POST", path, compact(body), query, paths)
