# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules in force, read from the policies. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import State
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.predicates import readiness

# The names of policies, of either engine, and of bindings begin with it.
PREFIX = "pingpong-"
DENY = "Deny"
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the role ``admission``: its name, whether it refuses or only warns, and what it judges.

    ``lacks`` says why it judges nothing, empty where it does. ``resources`` are (group, plural) without subresources;
    ``namespaces`` those that its selector names.
    """

    name: str
    lacks: str
    denies: bool
    resources: frozenset[tuple[str, str]]
    namespaces: tuple[str, ...]


def rules_of(policies: Iterable[Object], bindings: Iterable[Object]) -> list[Rule]:
    """The rules of ValidatingAdmissionPolicies."""
    actions: dict[str, list[str]] = {}
    for binding in bindings:
        actions.setdefault(binding["spec"]["policyName"], []).extend(binding["spec"].get("validationActions") or [])
    named = [(policy, actions.get(policy["metadata"]["name"])) for policy in policies]
    return [_rule(policy, "no binding names its policy" if its is None else "", its or ()) for policy, its in named]


def kyverno_rules_of(policies: Iterable[dict[str, Any]]) -> list[Rule]:
    """The rules of Kyverno's ValidatingPolicies."""
    judged = [(policy, readiness(policy), policy["spec"].get("validationActions") or ()) for policy in policies]
    return [_rule(policy, "" if found.state is State.READY else found.message, its) for policy, found, its in judged]


def _rule(policy: Object, lacks: str, actions: Collection[str]) -> Rule:
    constraints = policy["spec"]["matchConstraints"]
    return Rule(
        policy["metadata"]["name"].removeprefix(PREFIX),
        lacks,
        DENY in actions,
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
