"""Compute resources as they are kept: their keys, and their fingerprints."""

from __future__ import annotations

import re
from typing import Any

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import invalid, not_found
from testbed.cloud.core.protocol.values import fingerprint
from testbed.cloud.core.regions import REGIONS, ZONES
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.urls import path_of

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def scope_path(call: Call, kind: Kind) -> str:
    """`projects/p/regions/r` of this request; raises 404 for a region or zone that does not exist."""
    project = call.project
    if kind.scope == "global":
        return f"projects/{project}/global"
    place = call.path[kind.scope]
    path = f"projects/{project}/{kind.scope}s/{place}"
    known = REGIONS if kind.scope == "region" else ZONES
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


def stamp(kind: Kind, body: Body) -> None:
    """Fingerprints of the body as it now is."""
    if kind.fingerprint:
        content = {name: value for name, value in body.items() if name not in ("fingerprint", "labelFingerprint")}
        body["fingerprint"] = fingerprint(content)
    if kind.labels:
        body["labelFingerprint"] = fingerprint(body.get("labels") or {})


def same(sent: Any, known: Any) -> bool:
    """Whether two values mean the same, self links in whichever form."""
    if isinstance(sent, str) and isinstance(known, str) and "/" in sent and "/" in known:
        short, long = sorted((path_of(sent) or sent, path_of(known) or known), key=len)
        return long == short or long.endswith("/" + short)
    return sent == known or (not sent and not known)
