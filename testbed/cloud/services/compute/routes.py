"""What every compute kind can do: insert, get, list, patch, update, delete, labels, IAM policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from testbed.cloud.core import policies
from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.discovery import load
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.pages import page, select
from testbed.cloud.core.protocol.patches import drop_nulls, merge
from testbed.cloud.core.protocol.values import compute_time, numeric_id
from testbed.cloud.core.state.operations import drop, put
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.operations import by_scope, show, start
from testbed.cloud.services.compute.rules import NAME, check_fingerprint, check_labels, required
from testbed.cloud.services.compute.state import find, key_of, same, scope_path, stamp
from testbed.cloud.services.compute.urls import references, require_ready, url

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What is served, by its name in the discovery document.
KINDS: dict[str, Kind] = {}


def repeated_request(call: Call) -> Body | None:
    """The operation that the same requestId started before: https://google.aip.dev/155"""
    request_id = call.query.get("requestId")
    if not request_id:
        return None
    if not UUID.fullmatch(request_id) or not request_id.strip("0-"):
        raise invalid(f"Invalid value for field 'requestId': '{request_id}'. Must be a valid, non-zero UUID.")
    known = call.operations.by_request(request_id)
    return show(call, known) if known else None


def insert(call: Call, kind: Kind) -> Body:
    """Create a resource; the operation makes it ready, or takes it away when it fails."""
    again = repeated_request(call)
    if again:
        return again
    body = drop_nulls(call.checker.writable(kind.schema, call.body))
    name = str(body.get("name") or "")
    if not name:
        required(body, "name")
    if not re.fullmatch(NAME, name):
        raise invalid(f"Invalid value for field 'resource.name': '{name}'. Must be a match of regex '{NAME}'")
    key = key_of(call, kind, name)
    path = key.removeprefix("compute/")
    if call.store.get(key):
        raise ApiError(409, f"The resource '{path}' already exists")
    _check_quota(call, kind)
    if kind.labels:
        check_labels(body.get("labels"))
    body["id"] = numeric_id()
    kind.prepare(call, body)
    complete(call, kind, path, body)
    store_kind = f"compute.{kind.plural}"
    call.store.put(Resource(key, store_kind, body | dict(kind.while_created)), references(body))
    commit = [put(Resource(key, store_kind, body | dict(kind.when_ready)))] if kind.when_ready else []
    return start(call, "insert", key, commit=commit, rollback=[drop(key)], target_id=body["id"])


def complete(call: Call, kind: Kind, path: str, body: Body, created: str | None = None) -> None:
    """Give a checked body what the server alone writes, in place; ``created`` is when it was, now by default."""
    body |= {
        "kind": f"compute#{kind.singular}",
        "creationTimestamp": created or compute_time(call.now),
        "selfLink": url(path),
    }
    if kind.scope != "global":
        body[kind.scope] = url(path.rsplit("/", 2)[0])
    stamp(kind, body)


def _check_quota(call: Call, kind: Kind) -> None:
    limit = call.cloud.settings.quotas.get(kind.quota)
    if limit is None:
        return
    used = len(call.store.of_kind(f"compute.{kind.plural}", f"compute/projects/{call.project}/"))
    if used >= limit:
        place = "globally." if kind.scope == "global" else f"in region {call.path.get('region')}."
        raise ApiError(403, f"Quota '{kind.quota}' exceeded.  Limit: {limit}.0 {place}", reason="quotaExceeded")


def modify(call: Call, kind: Kind, full: bool) -> Body:
    """PATCH (`full` off) or PUT: check, then replace the body when the operation ends."""
    again = repeated_request(call)
    if again:
        return again
    resource = find(call, kind)
    require_ready(call, resource.key)
    old = resource.body
    sent = call.checker.writable(kind.schema, call.body)
    if kind.fingerprint:
        check_fingerprint(sent.get("fingerprint"), old.get("fingerprint"), resource.path)
    base = {name: value for name, value in old.items() if name not in kind.mutable} if full else old
    new = merge(base, {name: value for name, value in sent.items() if name not in ("fingerprint", "labelFingerprint")})
    for name in sorted(set(sent) - kind.mutable - {"fingerprint", "labelFingerprint"}):
        if not same(sent[name], old.get(name)):
            raise invalid(
                f"Invalid value for field 'resource.{name}': '{_shown(sent[name])}'. Field cannot be changed: it was "
                f"'{_shown(old.get(name))}' when the resource was created."
            )
        new[name] = old.get(name)
        if new[name] is None:
            del new[name]
    kind.change(call, old, new)
    return replace(call, kind, resource, new, "update" if full else kind.patched)


def replace(call: Call, kind: Kind, resource: Resource, new: Body, operation_type: str) -> Body:
    """Start the operation at whose end `new` is the resource's body."""
    stamp(kind, new)
    changed = Resource(resource.key, resource.kind, new, {k: v for k, v in resource.meta.items() if k != "pending"})
    return start(
        call, operation_type, resource.key, commit=[put(changed, references(new))], target_id=resource.body["id"]
    )


def _shown(value: Any) -> str:
    return str(value)[:120]


def remove(call: Call, kind: Kind) -> Body:
    """Delete a resource that nobody uses; it disappears when the operation ends."""
    again = repeated_request(call)
    if again:
        return again
    resource = find(call, kind)
    require_ready(call, resource.key)
    users = [user for user in call.store.users(resource.key) if user != resource.key] + kind.users(call, resource)
    if users:
        problem = (
            f"The {kind.singular} resource '{resource.path}' is already being used by '{users[0].partition('/')[2]}'"
        )
        if call.cloud.settings.lateness:
            # Compute takes the deletion, looks later, and its operation fails: hashicorp/terraform-provider-google#5948
            return start(call, "delete", resource.key, commit=[], target_id=resource.body["id"],
                         error={"code": "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", "message": problem})  # fmt: skip
        raise ApiError(400, problem, reason="resourceInUseByAnotherResource")
    kind.removable(call, resource)
    return start(
        call,
        "delete",
        resource.key,
        commit=[drop(resource.key), drop(policies.key(resource.key))],
        target_id=resource.body["id"],
    )


def listing(call: Call, kind: Kind) -> Body:
    """One page of a collection, filtered."""
    scope = scope_path(call, kind)
    collection = f"{scope}/{kind.segment}"
    found = [kind.view(call, item.body) for item in call.store.children(f"compute/{collection}")]
    found = select(found, call.query.get("filter"))
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"))
    body: Body = {"kind": f"compute#{kind.singular}List", "id": collection, "selfLink": url(collection)}
    if items:
        body["items"] = items
    return body | ({"nextPageToken": following} if following else {})


def aggregated(call: Call, kind: Kind) -> Body:
    """Every scope's resources of a collection in one answer: global ones and those of regions and zones."""
    own = f"{kind.segment[0].upper()}{kind.segment[1:]}"
    plurals = dict.fromkeys((kind.plural, kind.segment, f"region{own}", f"global{own}"))
    found = [
        item for name in plurals for item in call.store.of_kind(f"compute.{name}", f"compute/projects/{call.project}/")
    ]
    return by_scope(call, kind.singular, kind.segment, [kind.view(call, item.body) for item in found])


def set_labels(call: Call, kind: Kind) -> Body:
    """Replace the labels; needs the current labelFingerprint."""
    call.path.setdefault(kind.parameter, call.path.get("resource", ""))
    resource = find(call, kind)
    require_ready(call, resource.key)
    check_labels(call.body.get("labels"))
    check_fingerprint(call.body.get("labelFingerprint"), resource.body["labelFingerprint"], resource.path)
    new = dict(resource.body)
    new.pop("labels", None)
    if call.body.get("labels"):
        new["labels"] = dict(call.body["labels"])
    return replace(call, kind, resource, new, "setLabels")


def _policy_key(call: Call, kind: Kind) -> str:
    call.path.setdefault(kind.parameter, call.path["resource"])
    return find(call, kind).key


def _get_policy(call: Call, kind: Kind) -> Body:
    return policies.read(call, _policy_key(call, kind), call.query.get("optionsRequestedPolicyVersion"))


def _set_policy(call: Call, kind: Kind) -> Body:
    """The policy, or its older form: bindings and etag beside each other."""
    sent = call.body.get("policy") or {name: call.body[name] for name in ("bindings", "etag") if name in call.body}
    return policies.write(call, _policy_key(call, kind), sent)


def register(kind: Kind) -> None:
    """Serve the methods that the discovery document gives this kind."""
    KINDS[kind.plural] = kind
    known = {method.id for method in load("compute").methods()}
    views: dict[str, Callable[[Call], Body]] = {
        "insert": lambda call: insert(call, kind),
        "get": lambda call: kind.view(call, find(call, kind).body),
        "list": lambda call: listing(call, kind),
        "aggregatedList": lambda call: aggregated(call, kind),
        "patch": lambda call: modify(call, kind, full=False),
        "update": lambda call: modify(call, kind, full=True),
        "delete": lambda call: remove(call, kind),
    }
    if kind.labels:
        views["setLabels"] = lambda call: set_labels(call, kind)
    views |= {
        "getIamPolicy": lambda call: _get_policy(call, kind),
        "setIamPolicy": lambda call: _set_policy(call, kind),
        "testIamPermissions": policies.permissions,
    }
    for name, view in views.items():
        method = f"compute.{kind.plural}.{name}"
        if method in known:
            serves.add(method, view)
