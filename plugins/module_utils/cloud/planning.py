# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The plan of a whole stack. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.graph import dependencies, ordered, reverse
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.operation import Operation
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan import plan_absent, plan_present
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.references import Lookup, Unknown, resolve
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.resource import Resource

Live = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Operations in an order in which they can be done, and what each needs to be done before it."""

    operations: tuple[Operation, ...]
    needs: dict[str, set[str]]


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
        return Unknown(f"(known once {key} exists)")

    return find


def plan_stack(resources: list[Resource], live: dict[str, Live | None]) -> Plan:
    """What makes all resources as they are wished."""
    by_key = {resource.key: resource for resource in resources}
    needs = dependencies(resources)
    find = lookup(by_key, live)
    operations: dict[str, Operation] = {}
    for key in ordered(needs):
        resource = by_key[key]
        operation = plan_present(resource.with_body(resolve(resource.body, find)), live[key])
        operations[key] = _with_parent(operation, operations)
    return Plan(tuple(operations.values()), needs)


def plan_removal(resources: list[Resource], live: dict[str, Live | None], unprotect: bool) -> Plan:
    """What removes all resources, those that others need last."""
    by_key = {resource.key: resource for resource in resources}
    needs = reverse(dependencies(resources))
    operations = tuple(plan_absent(by_key[key], live[key], unprotect) for key in ordered(needs))
    return Plan(operations, needs)


def _with_parent(operation: Operation, before: dict[str, Operation]) -> Operation:
    """A resource that its parent is born with needs no request of its own."""
    part = operation.resource.kind.part_of
    if operation.action != "create" or part is None:
        return operation
    locator, kind, field = part
    for parent in before.values():
        names = {item.get("name") for item in parent.resource.body.get(field) or ()}
        if (
            parent.action == "create"
            and parent.resource.kind.name == kind
            and operation.resource.item.startswith(f"{parent.resource.item}/")
            and operation.resource.place[locator] == parent.resource.name
            and operation.resource.name in names
        ):
            return replace(operation, steps=(), why=f"is created with {parent.key}")
    return operation


def prunable(
    resources: list[Resource],
    listings: dict[tuple[str, str], list[Live]],
    owner: dict[str, str],
    prefix: str | None,
    unprotect: bool,
) -> list[tuple[Resource, Live]]:
    """Live resources that carry the owner's labels (or, in kinds without labels, the prefix) and are not wished."""
    wished = {resource.item for resource in resources}
    samples = {(resource.kind.name, resource.collection): resource for resource in resources}
    found: list[tuple[Resource, Live]] = []
    for place, items in listings.items():
        sample = samples[place]
        for live in items:
            candidate = _from_live(sample, live)
            if candidate.item not in wished and _owned(candidate, live, owner, prefix):
                found.append((replace(candidate, protection=sample.kind.precious and not unprotect), live))
    return found


def _from_live(sample: Resource, live: Live) -> Resource:
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
