"""IAM policies: stored beside any resource, guarded by their etag."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from testbed.cloud.core import lateness
from testbed.cloud.core.call import Body, Call, Cloud, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.values import etag
from testbed.cloud.core.state.store import Resource

# https://cloud.google.com/iam/docs/reference/rest/v1/Policy
MEMBER = re.compile(
    r"allUsers|allAuthenticatedUsers|"
    r"(user|serviceAccount|group):[^:\s@]+@[^:\s@]+|"
    r"serviceAccount:[a-z0-9.-]+\.svc\.id\.goog\[[a-z0-9-]+/[a-z0-9-]+\]|"
    r"domain:[^:\s]+|"
    r"principal(Set)?://\S+|"
    r"project(Owner|Editor|Viewer):[^:\s]+|"
    r"deleted:\S+"
)
ROLE = re.compile(r"roles/[A-Za-z0-9_.]+|(projects|organizations)/[^/]+/roles/[A-Za-z0-9_.]+")
EMPTY = {"version": 1}
# What a resource has whose policy was never set.
NEVER_SET: Body = {"etag": "ACAB"}
VERSIONS = (0, 1, 3)


def key(resource: str) -> str:
    """Where a resource's policy is kept: apart, so that no collection lists it."""
    return f"policy/{resource}"


def read(call: Call, resource: str, requested_version: int | None, default: Body | None = None) -> Body:
    """The policy of a resource; without version 3 asked for, conditions are hidden as Google hides them."""
    found = call.store.get(key(resource))
    policy = found.body if found else _stamped({**EMPTY, **default}, 0) if default else dict(NEVER_SET)
    if policy.get("version") == 3 and (requested_version or 1) < 3:
        hidden = [
            {"role": f"{binding['role']}_withcond_{etag(binding['condition'])[:12]}", "members": binding["members"]}
            if "condition" in binding
            else binding
            for binding in policy["bindings"]
        ]
        return {**policy, "version": 1, "bindings": hidden}
    return policy


def adopt(call: Call, resource: str, default: Body) -> None:
    """Store the policy that a resource has from its creation."""
    call.store.put(Resource(key(resource), "iam.policy", _stamped({**EMPTY, **default}, 0), {"generation": 0}))


def write(call: Call, resource: str, policy: Any, accounts: bool = True) -> Body:
    """Replace a policy; 409 ABORTED when its etag is not the current one, 400 for what Google refuses."""
    if not isinstance(policy, dict) or not policy:
        raise invalid("Policy is required: the request has none.")
    version = policy.get("version", 0)
    if version not in VERSIONS:
        raise invalid(f"Invalid policy version {version}: must be one of 0, 1 and 3.")
    found = call.store.get(key(resource))
    generation = found.meta.get("generation", 0) if found else 0
    current = found.body["etag"] if found else NEVER_SET["etag"]
    sent = policy.get("etag")
    if sent and sent != current:
        raise ApiError(
            409,
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. "
            f"The request's ETag '{sent}' did not match the current policy's ETag '{current}'.",
            status="ABORTED",
            reason="aborted",
        )
    bindings = _bindings(call, policy.get("bindings") or [], version, accounts)
    body: Body = {"version": 3 if any("condition" in item for item in bindings) else 1}
    if bindings:
        body["bindings"] = bindings
    if policy.get("auditConfigs"):
        body["auditConfigs"] = policy["auditConfigs"]
    body = _stamped(body, generation + 1)
    meta = {
        "generation": generation + 1,
        "effective": lateness.effective(call.cloud, "policy"),
        "before": in_effect(call.cloud, resource),
    }
    call.store.put(Resource(key(resource), "iam.policy", body, meta))
    return body


def in_effect(cloud: Cloud, resource: str) -> Body:
    """The policy that requests are judged by: the one before the last, until the last has taken effect."""
    found = cloud.store.get(key(resource))
    if found is None:
        return {}
    if lateness.late(cloud, found.meta.get("effective")):
        return dict(found.meta.get("before") or {})
    return found.body


def grants(cloud: Cloud, resource: str, members: Collection[str], roles: Collection[str]) -> bool:
    """Whether a policy in effect gives one of the roles to one of the members; a condition grants nothing."""
    for binding in in_effect(cloud, resource).get("bindings", ()):
        if binding["role"] in roles and "condition" not in binding and set(members) & set(binding["members"]):
            return True
    return False


def _stamped(policy: Body, generation: int) -> Body:
    return {**policy, "etag": etag([{k: v for k, v in policy.items() if k != "etag"}, generation])}


def _bindings(call: Call, bindings: list[Body], version: int, accounts: bool) -> list[Body]:
    merged: dict[tuple[str, str], Body] = {}
    for binding in bindings:
        role = str(binding.get("role", ""))
        if not ROLE.fullmatch(role):
            raise invalid(f"Role {role} is not supported for this resource." if role else "Role name must be given.")
        condition = binding.get("condition")
        if condition and version != 3:
            raise invalid(
                "Specified policy version (1) cannot support conditional bindings: requests with conditions need "
                "policy version 3."
            )
        if condition and not (condition.get("title") and condition.get("expression")):
            raise invalid("A condition needs a title and an expression.")
        for member in binding.get("members") or []:
            _member(call, str(member), accounts)
        entry = merged.setdefault((role, etag(condition or {})), {"role": role, "members": []})
        entry["members"] = sorted({*entry["members"], *(binding.get("members") or [])})
        if condition:
            entry["condition"] = condition
    # A binding without members is dropped, and Google orders what is left by role.
    return sorted((item for item in merged.values() if item["members"]), key=lambda item: item["role"])


def _member(call: Call, member: str, accounts: bool) -> None:
    if not MEMBER.fullmatch(member):
        raise invalid(f"Invalid argument: the member {member} is of an unknown type or malformed.")
    email = member.partition(":")[2]
    project = re.fullmatch(r"serviceAccount:[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com", member)
    if not (accounts and project) or "[" in member:
        return
    # Service agents (service-123@...) live in Google's own projects and are not listed here.
    if project[1].startswith(("gcp-sa-", "gcp-", "container-engine-robot", "compute-system")):
        return
    found = call.store.get(f"iam/projects/{project[1]}/serviceAccounts/{email}")
    if found is None or lateness.late(call.cloud, found.meta.get("effective")):
        raise invalid(f"Service account {email} does not exist.")


def permissions(call: Call) -> Body:
    """Every permission is held by the one who runs the local cloud."""
    return {"permissions": list(call.body.get("permissions") or [])}


def register(base: str, find: Callable[[Call], Resource]) -> None:
    """Serve the two methods below `base` that read and replace the policy of the resource that `find` finds."""
    version = "options.requestedPolicyVersion"
    serves.add(f"{base}.getIamPolicy", lambda call: read(call, find(call).key, call.query.get(version)))
    serves.add(f"{base}.setIamPolicy", lambda call: write(call, find(call).key, call.body.get("policy")))
