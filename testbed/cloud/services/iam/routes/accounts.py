"""Service accounts."""

from __future__ import annotations

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.lateness import effective, late
from testbed.cloud.core.protocol.errors import ApiError, invalid, not_found
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import etag, numeric_id
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.iam.rules import ACCOUNT_ID, check
from testbed.cloud.services.iam.state import find, key


@serves("iam.projects.serviceAccounts.create")
def create(call: Call) -> Body:
    """Create an account at once; no operation."""
    project = call.path["name"].split("/")[1]
    account = str(call.body.get("accountId") or "")
    if not ACCOUNT_ID.fullmatch(account):
        raise invalid(
            "The account ID must be 6 to 30 lower-case letters, digits and dashes, starting with a letter and not "
            f"ending with a dash: found '{account}'."
        )
    email = f"{account}@{project}.iam.gserviceaccount.com"
    if call.store.get(key(project, email)):
        raise ApiError(
            409,
            f"Service account {account} already exists within project projects/{project}.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ResourceInfo",
                    "resourceName": f"projects/{project}/serviceAccounts/{email}",
                }
            ],
        )
    sent = call.checker.writable("ServiceAccount", call.body.get("serviceAccount") or {})
    check(sent)
    unique = numeric_id() + "00"
    body: Body = {
        "name": f"projects/{project}/serviceAccounts/{email}",
        "projectId": project,
        "uniqueId": unique,
        "email": email,
        "oauth2ClientId": unique,
    }
    for field in ("displayName", "description"):
        if sent.get(field):
            body[field] = sent[field]
    body["etag"] = etag(body)
    meta = {"effective": effective(call.cloud, "account")}
    call.store.put(Resource(key(project, email), "iam.serviceAccount", body, meta))
    return body


@serves("iam.projects.serviceAccounts.get")
def get(call: Call) -> Body:
    """One account; a new one is not found at every other read, until it is known everywhere."""
    resource = find(call)
    if late(call.cloud, resource.meta.get("effective")):
        call.cloud.reads[resource.key] += 1
        if call.cloud.reads[resource.key] % 2:
            raise not_found("Unknown service account")
    return resource.body


@serves("iam.projects.serviceAccounts.list")
def listing(call: Call) -> Body:
    """The project's accounts, paged."""
    project = call.path["name"].split("/")[1]
    found = [item.body for item in call.store.children(f"iam/projects/{project}/serviceAccounts")]
    items, following = page(found, call.query.get("pageSize"), call.query.get("pageToken"), default=20)
    body: Body = {"accounts": items} if items else {}
    return body | ({"nextPageToken": following} if following else {})


@serves("iam.projects.serviceAccounts.patch")
def patch(call: Call) -> Body:
    """Change displayName and description, as named by updateMask; the answer has the name and these alone."""
    resource = find(call)
    mask = [name for name in str(call.body.get("updateMask") or "").split(",") if name]
    if not mask:
        raise invalid("The update mask must name at least one of display_name, description.")
    sent = call.body.get("serviceAccount") or {}
    fields = {"display_name": "displayName", "displayName": "displayName", "description": "description"}
    if sent.get("etag") and sent["etag"] != resource.body["etag"]:
        raise ApiError(409, "There were concurrent changes: the etag is not the current one.", status="ABORTED")
    check(sent)
    for name in mask:
        if name not in fields:
            raise invalid(f"The field '{name}' of the update mask can't be updated.")
        resource.body.pop(fields[name], None)
        if sent.get(fields[name]):
            resource.body[fields[name]] = sent[fields[name]]
    resource.body["etag"] = etag({k: v for k, v in resource.body.items() if k != "etag"})
    call.store.put(resource)
    shown = ("name", "displayName", "description")
    return {name: resource.body[name] for name in shown if name in resource.body}


@serves("iam.projects.serviceAccounts.delete")
def delete(call: Call) -> Body:
    """Delete an account and its policy. Bindings elsewhere keep its name as `deleted:`, as at Google."""
    resource = find(call)
    email, unique = resource.body["email"], resource.body["uniqueId"]
    call.store.delete(resource.key)
    call.store.delete(policies.key(resource.key))
    for held in call.store.children(f"{resource.key}/keys"):
        call.store.delete(held.key)
    for policy in call.store.of_kind("iam.policy"):
        member, gone = f"serviceAccount:{email}", f"deleted:serviceAccount:{email}?uid={unique}"
        bindings = policy.body.get("bindings", [])
        if any(member in binding["members"] for binding in bindings):
            for binding in bindings:
                binding["members"] = sorted(gone if item == member else item for item in binding["members"])
            policy.body["etag"] = etag([bindings, policy.meta.get("generation", 0) + 1])
            policy.meta["generation"] = policy.meta.get("generation", 0) + 1
            call.store.put(policy)
    return {}


# Workload Identity bindings live here.
policies.register("iam.projects.serviceAccounts", find)


@serves("iam.projects.serviceAccounts.testIamPermissions")
def test_permissions(call: Call) -> Body:
    """Which of the permissions the caller has."""
    find(call)
    return policies.permissions(call)
