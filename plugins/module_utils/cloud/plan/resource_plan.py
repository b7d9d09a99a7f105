# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From a desired and a live resource to the change that makes them agree. Pure.

The same function serves check mode, diff and apply: apply plans again whenever it has read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Context, Kind, Parts, Update
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, without
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan import admission, enabled_apis, iam_policies
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Request, ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import (
    Comparison,
    FieldDiff,
    masked,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.merge import merge
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.values import is_empty
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

_PLANNERS = {"admission": admission.plan, "policy": iam_policies.plan, "services": enabled_apis.plan}


def plan_present(resource: Resource, live: dict[str, Any] | None) -> ResourceChange:
    """The change that makes a resource what is desired.

    ``resource.body`` has its references resolved; ``live`` is Google's answer, None where there is none. Action
    ``blocked`` when a differing field is immutable, ``replace`` when an earlier creation failed for good.
    """
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
    comparison = Comparison(kind, resource.project)
    diffs = comparison.diffs(resource.body, kind.canonical(live), skip)
    imposed = tuple(comparison.imposed)
    if not diffs:
        return ResourceChange(resource, "none", warnings=imposed)
    stuck = [diff for diff in diffs if _find_update(kind, diff) is None]
    if stuck:
        return ResourceChange(resource, "blocked", tuple(diffs), why=_immutable(kind, stuck))
    return ResourceChange(resource, "update", tuple(diffs), _requests(resource, live, diffs), warnings=imposed)


def plan_absent(resource: Resource, live: dict[str, Any] | None, unprotect: bool = False) -> ResourceChange:
    """The change after which the resource is gone; ``blocked`` when it is protected and ``unprotect`` is not set."""
    if resource.kind.planner:
        return _PLANNERS[resource.kind.planner](resource, live, False)
    if live is None or not resource.kind.delete:
        return ResourceChange(resource, "none")
    if resource.protection and not unprotect:
        return ResourceChange(resource, "blocked", why="it is protected; set unprotect to delete it all the same")
    requests: tuple[Request, ...] = (Request("DELETE", resource.item),)
    if live.get("deletionProtection") is True:
        if not unprotect:
            return ResourceChange(resource, "blocked", why="its deletionProtection is on; set unprotect to delete it")
        off = Request("POST", f"{resource.item}/setDeletionProtection", query={"deletionProtection": "false"})
        requests = (off, *requests)
    return ResourceChange(resource, "delete", requests=requests)


def body_of(resource: Resource) -> dict[str, Any]:
    """The body of a creation."""
    kind = resource.kind
    body: dict[str, Any] = compact(resource.body)
    if kind.named:
        body = {"name": resource.name, **body}
    return kind.wrap(resource.name, body) if kind.wrap else body


def _create(resource: Resource) -> ResourceChange:
    query = {key: resource.format(value) for key, value in resource.kind.create_query.items()}
    path = resource.format(resource.kind.create_path)
    request = Request(resource.kind.create_method, path, body_of(resource), query)
    diffs = tuple(FieldDiff(name, None, value, "is new") for name, value in compact(resource.body).items())
    return ResourceChange(resource, "create", diffs, (request,), why="does not exist")


def _replace(resource: Resource, live: dict[str, Any]) -> ResourceChange:
    reason = live.get("statusMessage") or live.get("conditions") or live.get("status")
    create = _create(resource)
    requests = (Request("DELETE", resource.item), *create.requests)
    return replace(create, action="replace", requests=requests, why=f"its creation failed and it never ran: {reason}")


def _immutable(kind: Kind, stuck: list[FieldDiff]) -> str:
    shown = [masked(kind, diff) for diff in stuck]
    fields = ", ".join(f"{diff.path} (live: {diff.before!r}, desired: {diff.after!r})" for diff in shown)
    return f"cannot be changed once it exists: {fields}; {kind.advice}"


def _find_update(kind: Kind, diff: FieldDiff) -> tuple[Update | Parts, str] | None:
    path = diff.path
    if any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in kind.immutable):
        return None
    if path in kind.chosen_once and not is_empty(diff.before):
        return None
    if kind.parts is not None and path.startswith(f"{kind.parts.field}["):
        return kind.parts, path.split("[", 1)[1].split("]", 1)[0]
    for update in kind.updates:
        prefix = update.covers(path)
        if prefix is not None and update.takes(diff.before, diff.after):
            return update, prefix
    return None


def _requests(resource: Resource, live: dict[str, Any], diffs: list[FieldDiff]) -> tuple[Request, ...]:
    kind = resource.kind
    merged = without(merge(kind, resource.body, live), kind.output_only)
    groups: dict[tuple[int, str], _Group] = {}
    for diff in diffs:
        found = _find_update(kind, diff)
        if found is None:
            continue
        how, prefix = found
        alone = isinstance(how, Parts) or how.each
        group = groups.setdefault((id(how), prefix if alone else ""), _Group(how))
        group.add(prefix, diff)
    requests = [group.request(resource, live, merged) for group in groups.values()]
    order = {id(update): index for index, update in enumerate(kind.updates)}
    ranked = sorted(zip(groups.values(), requests, strict=True), key=lambda pair: order.get(id(pair[0].how), 99))
    return tuple(request for _unused, request in ranked)


@dataclass
class _Group:
    """Changes that travel in one request."""

    how: Update | Parts
    prefixes: list[str] = field(default_factory=list)
    diffs: list[FieldDiff] = field(default_factory=list)

    def add(self, prefix: str, diff: FieldDiff) -> None:
        if prefix not in self.prefixes:
            self.prefixes.append(prefix)
        self.diffs.append(diff)

    def request(self, resource: Resource, live: dict[str, Any], merged: dict[str, Any]) -> Request:
        if isinstance(self.how, Parts):
            return _part_request(self.how, resource, merged, self.prefixes[0], self.diffs)
        context = Context(resource.body, live, merged, tuple(self.prefixes))
        query = self.how.query(context) if self.how.query else {}
        return Request(
            self.how.method,
            resource.format(self.how.path),
            self.how.build(context),
            query,
            tuple(diff.path for diff in self.diffs),
        )


def _part_request(
    parts: Parts, resource: Resource, merged: dict[str, Any], key: str, diffs: list[FieldDiff]
) -> Request:
    element: Literal["add", "change", "remove"] = "change"
    if diffs[0].path == f"{parts.field}[{key}]":
        element = "add" if diffs[0].before is None else "remove"
    paths = tuple(diff.path for diff in diffs)
    path = f"{resource.item}/{getattr(parts, element)}"
    query = {} if element == "add" else {parts.key: key}
    if element == "remove":
        return Request("POST", path, None, query, paths)
    # A field that is merely left out stays: the mask names those that are to go.
    gone = (diff.path.removeprefix(f"{parts.field}[{key}].") for diff in diffs if diff.after is None)
    if mask := ",".join(dict.fromkeys(name.split(".")[0] for name in gone)):
        query["updateMask"] = mask
    body = next(item for item in merged[parts.field] if str(item.get(parts.key)) == key)
    return Request("POST", path, compact(body), query, paths)
