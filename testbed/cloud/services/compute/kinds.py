"""What compute's resource kinds have in common: insert, get, list, aggregatedList, patch, update, delete, labels.

A kind is data plus the few functions that hold its own rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ...core.call import Body, Call, serves
from ...core.discovery import load
from ...core.errors import ApiError, invalid, not_found
from ...core.operations import drop, put
from ...core.pages import page, select
from ...core.store import Resource
from ...core.values import compute_time, fingerprint, numeric_id
from .. import policies
from . import catalog
from .operations import show, start
from .urls import path_of, references, require_ready, url

NAME = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"
LABEL = re.compile(r"[\w-]{0,63}")
LABEL_KEY = re.compile(r"[a-z][\w-]{0,62}")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Prepare = Callable[[Call, Body], None]
Change = Callable[[Call, Body, Body], None]


def _nothing(*_: Any) -> None:
    """No rule of its own."""


@dataclass(frozen=True)
class Kind:
    """One resource kind. `plural` is its name in the discovery document, `collection` in URLs.

    `prepare(call, body)` completes a body to be created, in place; `change(call, old, new)` checks a changed one;
    `mutable` names the fields that PATCH and PUT may change.
    """

    plural: str
    singular: str
    schema: str
    scope: Literal["global", "region", "zone"]
    mutable: frozenset[str] = frozenset()
    fingerprint: bool = False
    labels: bool = False
    collection: str = ""
    quota: str = ""
    prepare: Prepare = _nothing
    change: Change = _nothing
    removable: Callable[[Call, Resource], None] = _nothing
    # Fields of a new resource while it is made, and when it is ready.
    born: tuple[tuple[str, Any], ...] = ()
    grown: tuple[tuple[str, Any], ...] = ()
    # What a reader sees: fields that follow from other resources are added here, never stored.
    view: Callable[[Call, Body], Body] = lambda _, body: body

    @property
    def segment(self) -> str:
        """The collection's name in URLs."""
        return self.collection or self.plural

    @property
    def parameter(self) -> str:
        """The path parameter that holds a resource's name."""
        return (
            self.segment.removesuffix("es")
            if self.segment.endswith("sses")
            else ("securityPolicy" if self.segment == "securityPolicies" else self.segment.removesuffix("s"))
        )


def scope_path(call: Call, kind: Kind) -> str:
    """`projects/p/regions/r` of this request; raises 404 for a region or zone that does not exist."""
    project = call.project
    if kind.scope == "global":
        return f"projects/{project}/global"
    place = call.path[kind.scope]
    path = f"projects/{project}/{kind.scope}s/{place}"
    known = catalog.REGIONS if kind.scope == "region" else catalog.ZONES
    if place not in known:
        raise invalid(
            f"Invalid value for field '{kind.scope}': '{place}'. Unknown {kind.scope}.",
            location=("parameter", kind.scope),
        )
    return path


def key_of(call: Call, kind: Kind, name: str | None = None) -> str:
    """The store key of the resource that the request names."""
    return f"compute/{scope_path(call, kind)}/{kind.segment}/{name or call.path[kind.parameter]}"


def find(call: Call, kind: Kind) -> Resource:
    """The resource that the request names, by name or numeric id; raises 404."""
    key = key_of(call, kind)
    found = call.store.get(key)
    if found is None and key.rpartition("/")[2].isdigit():
        siblings = call.store.children(key.rpartition("/")[0])
        found = next((item for item in siblings if item.body["id"] == key.rpartition("/")[2]), None)
    if found is None:
        raise not_found(f"The resource '{key.removeprefix('compute/')}' was not found")
    return found


def check_labels(labels: Any) -> None:
    """Label syntax: https://cloud.google.com/compute/docs/labeling-resources#requirements"""
    if labels and len(labels) > 64:
        raise invalid(f"Invalid value for field 'labels': {len(labels)} labels, the maximum is 64.")
    for name, value in (labels or {}).items():
        if not LABEL_KEY.fullmatch(name) or name != name.lower():
            raise invalid(f"Invalid value for field 'labels': '{name}'. Label keys must match '[a-z][\\w-]{{0,62}}'.")
        if not LABEL.fullmatch(value) or value != value.lower():
            raise invalid(f"Invalid value for field 'labels.{name}': '{value}'. Invalid label value.")


def required(body: Body, *fields: str) -> None:
    """400 for a body without a field that creation needs."""
    for field in fields:
        if body.get(field) in (None, "", []):
            raise invalid(
                f"Invalid value for field 'resource.{field}': ''. Required field 'resource.{field}' not specified",
                reason="required",
            )


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
    body = _drop_nulls(call.checker.writable(kind.schema, call.body))
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
    kind.prepare(call, body)
    body |= {
        "kind": f"compute#{kind.singular}",
        "id": numeric_id(),
        "creationTimestamp": compute_time(call.now),
        "selfLink": url(path),
    }
    if kind.scope != "global":
        body[kind.scope] = url(path.rsplit("/", 2)[0])
    stamp(kind, body)
    store_kind = f"compute.{kind.plural}"
    call.store.put(Resource(key, store_kind, body | dict(kind.born)), references(body))
    commit = [put(Resource(key, store_kind, body | dict(kind.grown)))] if kind.grown else []
    return start(call, "insert", key, commit=commit, rollback=[drop(key)], target_id=body["id"])


def stamp(kind: Kind, body: Body) -> None:
    """Fingerprints of the body as it now is."""
    if kind.fingerprint:
        content = {name: value for name, value in body.items() if name not in ("fingerprint", "labelFingerprint")}
        body["fingerprint"] = fingerprint(content)
    if kind.labels:
        body["labelFingerprint"] = fingerprint(body.get("labels") or {})


def _check_quota(call: Call, kind: Kind) -> None:
    limit = call.cloud.settings.quotas.get(kind.quota)
    if limit is None:
        return
    used = len(call.store.of_kind(f"compute.{kind.plural}", f"compute/projects/{call.project}/"))
    if used >= limit:
        place = "globally." if kind.scope == "global" else f"in region {call.path.get('region')}."
        raise ApiError(403, f"Quota '{kind.quota}' exceeded.  Limit: {limit}.0 {place}", reason="quotaExceeded")


def _drop_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _drop_nulls(item) for name, item in value.items() if item is not None}
    return [_drop_nulls(item) for item in value] if isinstance(value, list) else value


def merge(old: Any, patch: Any) -> Any:
    """JSON merge patch, RFC 7396: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return _drop_nulls(patch)
    merged = dict(old)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value) if isinstance(value, dict) else _drop_nulls(value)
    return merged


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
    return replace(call, kind, resource, new, "update" if full else "patch")


def replace(call: Call, kind: Kind, resource: Resource, new: Body, operation_type: str) -> Body:
    """Start the operation at whose end `new` is the resource's body."""
    stamp(kind, new)
    changed = Resource(resource.key, resource.kind, new, {k: v for k, v in resource.meta.items() if k != "pending"})
    return start(
        call, operation_type, resource.key, commit=[put(changed, references(new))], target_id=resource.body["id"]
    )


def same(sent: Any, known: Any) -> bool:
    """Whether two values mean the same, self links in whichever form."""
    if isinstance(sent, str) and isinstance(known, str) and "/" in sent and "/" in known:
        short, long = sorted((path_of(sent) or sent, path_of(known) or known), key=len)
        return long == short or long.endswith("/" + short)
    return sent == known or (not sent and not known)


def _shown(value: Any) -> str:
    return str(value)[:120]


def check_fingerprint(sent: Any, known: Any, path: str) -> None:
    """412 conditionNotMet for a stale or missing fingerprint."""
    if not sent:
        raise invalid(f"Required field 'resource.fingerprint' not specified for '{path}'", reason="required")
    if sent != known:
        raise ApiError(
            412,
            "Invalid fingerprint."
            if len(str(sent)) != len(str(known))
            else "Supplied fingerprint does not match current metadata fingerprint.",
            location=("header", "If-Match"),
        )


def remove(call: Call, kind: Kind) -> Body:
    """Delete a resource that nobody uses; it disappears when the operation ends."""
    again = repeated_request(call)
    if again:
        return again
    resource = find(call, kind)
    require_ready(call, resource.key)
    users = [user for user in call.store.users(resource.key) if user != resource.key]
    if users:
        raise ApiError(
            400,
            f"The {kind.singular} resource '{resource.path}' is already being used by '{users[0].partition('/')[2]}'",
            reason="resourceInUseByAnotherResource",
        )
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
    """Every scope's resources of a kind in one answer."""
    prefix = f"compute/projects/{call.project}/"
    found = call.store.of_kind(f"compute.{kind.plural}", prefix)
    chosen = {item["selfLink"] for item in select([item.body for item in found], call.query.get("filter"))}
    found = [item for item in found if item.body["selfLink"] in chosen]
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"))
    scopes: dict[str, Body] = {}
    for item in items:
        scope = item.key.removeprefix(prefix).rsplit("/", 2)[0]
        scopes.setdefault(scope, {}).setdefault(kind.segment, []).append(kind.view(call, item.body))
    path = f"projects/{call.project}/aggregated/{kind.segment}"
    body: Body = {"kind": f"compute#{kind.singular}AggregatedList", "id": path, "items": scopes, "selfLink": url(path)}
    return body | ({"nextPageToken": following} if following else {})


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
        "testIamPermissions": lambda call: policies.permissions(call),
    }
    for name, view in views.items():
        method = f"compute.{kind.plural}.{name}"
        if method in known:
            serves.add(method, view)
