# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order in which the resources of a stack can be made. Pure."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import (
    canonical_link,
    is_link,
    placed,
    strings,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError


def dependencies(resources: list[Resource]) -> dict[str, set[str]]:
    """For each key the keys that must be made before it.

    Said by ``depends`` and references; found where a body or a place names another resource's path, where a path
    lies below another resource, and where a service must be enabled first.
    """
    by_path = {placed(resource.path): resource.key for resource in resources if not resource.kind.planner}
    accounts = {r.email.lower(): r.key for r in resources if r.email}
    services = {name: r.key for r in resources if r.kind.planner == "services" for name in r.body["serviceIds"]}
    result: dict[str, set[str]] = {}
    for resource in resources:
        needs = set(resource.depends)
        for value in strings(resource.body):
            known = by_path if is_link(value) else accounts
            name = placed(canonical_link(value, resource.project)) if is_link(value) else _email(value)
            needs |= {known[name]} if name in known else set()
        parts = placed(resource.path).split("/")
        needs |= {by_path[path] for n in range(1, len(parts) + 1) if (path := "/".join(parts[:n])) in by_path}
        if resource.kind.planner != "services" and resource.kind.domain in services:
            needs.add(services[resource.kind.domain])
        result[resource.key] = needs - {resource.key}
    return result


def ordered(needs: dict[str, set[str]]) -> list[str]:
    """The keys with each after what it needs; OptionError names a circle."""
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise OptionError(f"resources: they need each other in a circle: {' -> '.join(error.args[1])}") from None


def reverse(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """The order of deletion: each key with the keys that must be gone before it."""
    result: dict[str, set[str]] = {key: set() for key in needs}
    for key, others in needs.items():
        for other in others:
            result.setdefault(other, set()).add(key)
    return result


def _email(member: str) -> str:
    return member.removeprefix("serviceAccount:").lower()
