# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM policies: bindings merged into the live policy, by etag. Pure.

``mode: additive`` sees to it that the named members have the named roles; ``authoritative`` also that nobody else has
those roles. Roles that are not named are never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Request, ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import FieldDiff
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

RoleKey = tuple[str, str]
"""A role, and its condition as JSON; empty without one."""


def plan(resource: Resource, live: dict[str, Any] | None, present: bool) -> ResourceChange:
    """The change that merges the desired bindings into the live policy, or takes their members out.

    ``live`` is the answer of getIamPolicy (version 3, with its etag), which setIamPolicy gets back: 409 ABORTED when
    somebody else was faster, and the caller reads and plans again.
    """
    policy = live or {}
    before = members_by_role(policy.get("bindings") or [])
    desired = members_by_role(resource.body["bindings"])
    after = {key: set(members) for key, members in before.items()}
    for key, members in desired.items():
        # A deleted account is not the one of the same name that was made after it: Google takes one of them.
        kept = {member for member in after.get(key, set()) if _former(member) not in members}
        if not present:
            after[key] = kept - members
        elif resource.body.get("mode", "additive") == "authoritative":
            after[key] = set(members)
        else:
            after[key] = kept | members
    diffs = tuple(
        FieldDiff(
            f"bindings[{role_text(key)}]",
            sorted(held) or None,
            sorted(after[key]) or None,
            _why(held, present),
        )
        for key in desired
        if (held := before.get(key, set())) != after[key]
    )
    if not diffs:
        return ResourceChange(resource, "none")
    body = {**policy, "version": 3, "bindings": _bindings(after)}
    style = resource.kind.wrap
    request = Request(
        "PUT" if resource.kind.name == "bucket_iam" else "POST",
        resource.format(resource.kind.create_path),
        style(resource.name, body) if style else body,
        fields=tuple(diff.path for diff in diffs),
    )
    return ResourceChange(resource, "update" if present else "delete", diffs, (request,))


def _why(members: set[str], present: bool) -> str:
    if not present:
        return "is to be removed"
    return "has other members than desired" if members else "is missing"


def members_by_role(bindings: Iterable[Mapping[str, Any]]) -> dict[RoleKey, set[str]]:
    """The members of each role with its condition, as Google spells them."""
    result: dict[RoleKey, set[str]] = {}
    for binding in bindings:
        condition = {name: value for name, value in (binding.get("condition") or {}).items() if value}
        key = (str(binding["role"]), json.dumps(condition, sort_keys=True) if condition else "")
        result.setdefault(key, set()).update(map(_member, binding.get("members") or ()))
    return result


def _member(name: str) -> str:
    # Google answers addresses in lower case, and minds the case of every other kind of member.
    kind, colon, address = str(name).partition(":")
    return f"{kind}{colon}{address.lower()}" if kind in ("user", "group", "domain", "serviceAccount") else str(name)


def _former(member: str) -> str | None:
    """What a deleted member was: ``deleted:serviceAccount:a@p…?uid=1`` was ``serviceAccount:a@p…``."""
    if not member.startswith("deleted:"):
        return None
    return _member(member.removeprefix("deleted:").partition("?uid=")[0])


def _bindings(members: dict[RoleKey, set[str]]) -> list[dict[str, Any]]:
    return [
        {"role": role, "members": sorted(people), **({"condition": json.loads(condition)} if condition else {})}
        for (role, condition), people in members.items()
        if people
    ]


def role_text(key: RoleKey) -> str:
    """A role, with the title of its condition."""
    role, condition = key
    return f"{role} if {json.loads(condition).get('title', condition)}" if condition else role
