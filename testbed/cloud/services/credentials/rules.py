"""What IAM lets a workload do: read the secrets that it was let in on, and nothing else.

Whoever holds the local cloud's own token may do everything. A binding with a condition grants nothing here.
"""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Call, guards
from testbed.cloud.core.protocol.errors import ApiError

# https://cloud.google.com/secret-manager/docs/access-control
PERMISSIONS = {"secretmanager.projects.secrets.versions.access": "secretmanager.versions.access"}
ROLES = {
    "secretmanager.versions.access": frozenset(
        {"roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"}
    ),
}


def guard(call: Call) -> None:
    """403 for a workload without the permission, whether there is such a resource or not, as Google answers."""
    if call.workload is None:
        return
    permission = PERMISSIONS.get(call.method.id)
    if permission is None:
        raise ApiError(403, f"{call.method.id} is not served to workloads locally.")
    name = call.path["name"]
    secret = name.partition("/versions/")[0]
    for resource in (f"secretmanager/{secret}", f"cloudresourcemanager/projects/{call.project}"):
        if policies.grants(call.cloud, resource, call.workload.members, ROLES[permission]):
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


guards.append(guard)
