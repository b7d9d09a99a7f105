"""What compute's resource kinds have in common: insert, get, list, aggregatedList, patch, update, delete, labels.

A kind is data plus the few functions that hold its own rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ...core.call import Body, Call
from ...core.errors import ApiError, invalid, not_found
from ...core.store import Resource
from ...core.values import fingerprint
from . import catalog
from .urls import path_of

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
    # What a patch is called among the operations.
    patched: str = "patch"
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


def stamp(kind: Kind, body: Body) -> None:
    """Fingerprints of the body as it now is."""
    if kind.fingerprint:
        content = {name: value for name, value in body.items() if name not in ("fingerprint", "labelFingerprint")}
        body["fingerprint"] = fingerprint(content)
    if kind.labels:
        body["labelFingerprint"] = fingerprint(body.get("labels") or {})


def drop_nulls(value: Any) -> Any:
    """A value without fields that are null or an empty list: neither is answered."""
    if isinstance(value, dict):
        return {name: drop_nulls(item) for name, item in value.items() if item not in (None, [])}
    return [drop_nulls(item) for item in value] if isinstance(value, list) else value


def merge(old: Any, patch: Any) -> Any:
    """JSON merge patch, RFC 7396: null (or an empty list) removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return drop_nulls(patch)
    merged = dict(old)
    for name, value in patch.items():
        if value in (None, []):
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value) if isinstance(value, dict) else drop_nulls(value)
    return merged


def same(sent: Any, known: Any) -> bool:
    """Whether two values mean the same, self links in whichever form."""
    if isinstance(sent, str) and isinstance(known, str) and "/" in sent and "/" in known:
        short, long = sorted((path_of(sent) or sent, path_of(known) or known), key=len)
        return long == short or long.endswith("/" + short)
    return sent == known or (not sent and not known)


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
