# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules in force, read from the policies. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# The names of policies and their bindings begin with it.
PREFIX = "pingpong-"
DENY = "Deny"
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the role ``admission``: its name, whether it refuses or only warns, and what it judges.

    One that no binding names is not ``bound`` and judges nothing. ``resources`` are (group, plural) without
    subresources; ``namespaces`` those that its selector names.
    """

    name: str
    bound: bool
    denies: bool
    resources: frozenset[tuple[str, str]]
    namespaces: tuple[str, ...]


def rules_of(policies: Iterable[Object], bindings: Iterable[Object]) -> list[Rule]:
    """The rules of ValidatingAdmissionPolicies."""
    actions: dict[str, list[str]] = {}
    for binding in bindings:
        actions.setdefault(binding["spec"]["policyName"], []).extend(binding["spec"].get("validationActions") or [])
    return [_rule(policy, actions.get(policy["metadata"]["name"])) for policy in policies]


def _rule(policy: Object, actions: Collection[str] | None) -> Rule:
    constraints = policy["spec"]["matchConstraints"]
    return Rule(
        policy["metadata"]["name"].removeprefix(PREFIX),
        actions is not None,
        DENY in (actions or ()),
        frozenset(
            (group, resource)
            for matched in constraints["resourceRules"]
            for group in matched["apiGroups"]
            for resource in matched["resources"]
            if "/" not in resource
        ),
        tuple(
            name
            for expression in (constraints.get("namespaceSelector") or {}).get("matchExpressions") or []
            for name in expression.get("values") or []
        ),
    )
