"""Service accounts as they are kept, found by email or unique id."""

from __future__ import annotations

from testbed.cloud.core.call import Call
from testbed.cloud.core.protocol.errors import not_found
from testbed.cloud.core.state.store import Resource


def key(project: str, email: str) -> str:
    return f"iam/projects/{project}/serviceAccounts/{email}"


def find(call: Call) -> Resource:
    """The account that the request names by email or unique id; `projects/-` searches every project."""
    name = call.path.get("name") or call.path["resource"]
    project, account = name.split("/")[1:4:2]
    if project == "-":
        project = account.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    found = call.store.get(key(project, account))
    if found is None and account.isdigit():
        accounts = call.store.children(f"iam/projects/{project}/serviceAccounts")
        found = next((item for item in accounts if item.body["uniqueId"] == account), None)
    if found is None or found.meta.get("deleted"):
        policy = "Policy" in call.method.id
        raise not_found(f"Service account {name} does not exist." if policy else "Unknown service account")
    return found
