"""What IAM lets a workload do: read the secrets and answer for the zones that it was let in on, and nothing else.

Whoever holds the local cloud's own token may do everything. A binding with a condition grants nothing here, and a role
of the project's own neither: none is served.
"""

from __future__ import annotations

from collections.abc import Collection

from testbed.cloud.core import policies
from testbed.cloud.core.call import Call, guards
from testbed.cloud.core.protocol.errors import ApiError

# What each method asks for. https://cloud.google.com/secret-manager/docs/access-control and
# https://cloud.google.com/dns/docs/access-control: a change also needs the rights on what it adds and deletes.
PERMISSIONS = {
    "secretmanager.projects.secrets.versions.access": "secretmanager.versions.access",
    "dns.changes.create": "dns.changes.create",
    "dns.changes.get": "dns.changes.get",
    "dns.managedZones.list": "dns.managedZones.list",
    "dns.resourceRecordSets.list": "dns.resourceRecordSets.list",
}
_ALL = frozenset({"roles/dns.admin", "roles/editor", "roles/owner"})
_READ = _ALL | {"roles/dns.reader", "roles/viewer"}
ROLES = {
    "secretmanager.versions.access": frozenset(
        {"roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"}
    ),
    "dns.changes.create": _ALL,
    "dns.changes.get": _READ,
    "dns.managedZones.list": _READ,
    "dns.resourceRecordSets.list": _READ,
}


def guard(call: Call) -> None:
    """403 for a workload without the permission, whether there is such a resource or not, as Google answers."""
    if call.workload is None:
        return
    members = call.workload.members
    permission = PERMISSIONS.get(call.method.id)
    if permission is None:
        raise ApiError(403, f"{call.method.id} is not served to workloads locally.")
    if call.service.name == "dns":
        zone = call.path.get("managedZone")
        if not _granted(
            call, members, permission, [f"dns/projects/{call.project}/managedZones/{zone}"] if zone else []
        ):
            # Cloud DNS says no more: neither the permission nor who lacks it.
            raise ApiError(403, "Forbidden", reason="forbidden")
        return
    name = call.path["name"]
    if _granted(call, members, permission, [f"secretmanager/{name.partition('/versions/')[0]}"]):
        return
    raise ApiError(
        403,
        f"Permission '{permission}' denied for resource '{name}' (or it may not exist).",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "iam.googleapis.com",
                "metadata": {"permission": permission, "resource": name},
            }
        ],
    )


def _granted(call: Call, members: Collection[str], permission: str, resources: Collection[str]) -> bool:
    """Whether the policy of one of the resources, or of the project, gives a member a role with the permission."""
    places = (*resources, f"cloudresourcemanager/projects/{call.project}")
    return any(policies.grants(call.cloud, place, members, ROLES[permission]) for place in places)


guards.append(guard)
