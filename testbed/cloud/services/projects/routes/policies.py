"""Resource Manager: the project and its IAM policy."""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.values import project_number, utc_time


def _key(call: Call) -> str:
    return f"cloudresourcemanager/projects/{call.project}"


def _default(call: Call) -> Body:
    return {"bindings": [{"role": "roles/owner", "members": [f"user:{call.user}"]}]}


@serves("cloudresourcemanager.projects.get")
def get(call: Call) -> Body:
    """The project."""
    project = str(call.project)
    return {
        "projectId": project,
        "projectNumber": project_number(project),
        "name": project,
        "lifecycleState": "ACTIVE",
        "createTime": utc_time(0.0),
    }


@serves("cloudresourcemanager.projects.getIamPolicy")
def get_policy(call: Call) -> Body:
    """The project's policy; a new project's has its owner."""
    version = (call.body.get("options") or {}).get("requestedPolicyVersion")
    return policies.read(call, _key(call), version, _default(call))


@serves("cloudresourcemanager.projects.setIamPolicy")
def set_policy(call: Call) -> Body:
    """Replace the project's policy."""
    if call.store.get(policies.key(_key(call))) is None:
        # Materialise the default, so that the etag that was read is the etag that is compared.
        policies.adopt(call, _key(call), _default(call))
    return policies.write(call, _key(call), call.body.get("policy"))


@serves("cloudresourcemanager.projects.testIamPermissions")
def test_permissions(call: Call) -> Body:
    """Which of the permissions the caller has."""
    return policies.permissions(call)
