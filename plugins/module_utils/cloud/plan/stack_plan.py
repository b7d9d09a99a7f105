# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The plan of a whole stack. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import FieldDiff
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.graph import dependencies, ordered, reverse
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import Lookup, Unknown, resolve
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import (
    plan_absent,
    plan_present,
)

Live = dict[str, Any]


@dataclass(frozen=True)
class StackPlan:
    """Changes in an order in which they can be made; ``needs``: for each key the keys that come before it."""

    changes: tuple[ResourceChange, ...]
    needs: dict[str, set[str]]

    @property
    def warnings(self) -> list[str]:
        return [f"{change.key}: {warning}" for change in self.changes for warning in change.warnings]


def lookup(resources: dict[str, Resource], live: dict[str, Live | None]) -> Lookup:
    """How references are resolved: paths and names that follow from a resource's place are known before it exists."""

    def find(key: str, field: str | None) -> Any:
        resource = resources[key]
        if field is None:
            return resource.path
        value = get(live.get(key), field)
        if value is not None:
            return value
        if field == "selfLink" and resource.kind.service == "compute":
            return f"https://www.googleapis.com/compute/v1/{resource.path}"
        if field == "email" and resource.email:
            return resource.email
        return Unknown(f"({field}, which {key} does not have yet)" if live.get(key) else f"(known once {key} exists)")

    return find


def plan_stack(resources: list[Resource], live: dict[str, Live | None]) -> StackPlan:
    """The change of each resource that makes the stack what is declared.

    ``live`` has each resource's key, with None for what does not exist. OptionError when resources need each other in
    a circle.
    """
    by_key = {resource.key: resource for resource in resources}
    needs = dependencies(resources)
    find = lookup(by_key, live)
    changes: dict[str, ResourceChange] = {}
    for key in ordered(needs):
        resource = by_key[key]
        change = plan_present(resource.with_body(resolve(resource.body, find)), live[key])
        changes[key] = _with_parent(change, changes)
    return StackPlan(tuple(changes.values()), needs)


def plan_removal(resources: list[Resource], live: dict[str, Live | None], unprotect: bool) -> StackPlan:
    """What removes all resources, those that others need last."""
    by_key = {resource.key: resource for resource in resources}
    needs = reverse(dependencies(resources))
    _after_parents(resources, live, needs)
    find = lookup(by_key, live)
    changes: dict[str, ResourceChange] = {}
    for key in ordered(needs):
        resource = by_key[key]
        change = plan_absent(resource.with_body(resolve(resource.body, find)), live[key], unprotect)
        parent = next((other for other in needs[key] if _is_part(resource, by_key[other])), None)
        if parent is not None and change.action == "delete":
            change = replace(change, requests=(), why=f"is deleted with {parent}")
        changes[key] = change
    return StackPlan(tuple(changes.values()), needs)


def _after_parents(resources: list[Resource], live: dict[str, Live | None], needs: dict[str, set[str]]) -> None:
    """What a parent takes along is looked at only after the parent is gone."""
    for child in resources:
        for parent in resources:
            if _is_part(child, parent) and live[parent.key] is not None:
                needs[parent.key].discard(child.key)
                needs[child.key].add(parent.key)


def _is_part(child: Resource, parent: Resource) -> bool:
    part = child.kind.part_of
    return part is not None and parent.kind.name == part[0] and child.item.startswith(f"{parent.item}/")


def _with_parent(change: ResourceChange, before: dict[str, ResourceChange]) -> ResourceChange:
    """A resource that is created with its parent needs no request of its own; its fields are shown here alone."""
    part = change.resource.kind.part_of
    if change.action != "create" or part is None:
        return change
    for parent in before.values():
        names = [str(item.get("name")) for item in parent.resource.body.get(part[1]) or ()]
        together = parent.action == "create" and change.resource.name in names
        if together and _is_part(change.resource, parent.resource):
            before[parent.key] = replace(parent, diffs=_only_named(parent, part[1], change.resource.name))
            return replace(change, requests=(), why=f"is created with {parent.key}")
    return change


def _only_named(parent: ResourceChange, field: str, name: str) -> tuple[FieldDiff, ...]:
    return tuple(
        replace(diff, after=[name if _named(item, name) else item for item in diff.after])
        if diff.path == field
        else diff
        for diff in parent.diffs
    )


def _named(item: Any, name: str) -> bool:
    return isinstance(item, dict) and item.get("name") == name


def prunable(
    resources: list[Resource],
    listings: dict[tuple[str, str], list[Live]],
    owner: dict[str, str],
    prefix: str | None,
    unprotect: bool,
) -> list[tuple[Resource, Live]]:
    """Live resources that carry the owner's labels (or, in kinds without labels, the prefix) and are not declared."""
    declared = {resource.item for resource in resources}
    samples = {(resource.kind.name, resource.collection): resource for resource in resources}
    found: list[tuple[Resource, Live]] = []
    for place, items in listings.items():
        sample = samples[place]
        for live in items:
            candidate = from_live(sample, live)
            if candidate.item not in declared and _owned(candidate, live, owner, prefix):
                found.append((replace(candidate, protection=sample.kind.protected and not unprotect), live))
    return found


def from_live(sample: Resource, live: Live) -> Resource:
    """A live element of the collection that ``sample`` is in, as a resource."""
    kind = sample.kind
    name = str(live["name"]) if kind.body_locators else kind.identity(live)
    place = {**sample.place, **{locator: str(live[locator]) for locator in kind.body_locators}}
    return Resource(kind, name, f"{kind.name}/{name}", place, live)


def _owned(resource: Resource, live: Live, owner: dict[str, str], prefix: str | None) -> bool:
    field = resource.kind.labels
    if field is not None:
        labels = live.get(field) or {}
        return bool(owner) and all(labels.get(name) == value for name, value in owner.items())
    return prefix is not None and resource.name.startswith(prefix)
