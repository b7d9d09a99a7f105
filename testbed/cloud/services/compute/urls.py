"""Compute's resource names: keys, self links, and the references that bodies hold."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Call
from testbed.cloud.core.protocol.errors import ApiError, invalid

BASE = "https://www.googleapis.com/compute/v1/"
ROOTS = (BASE, "https://compute.googleapis.com/compute/v1/")
REFERENCE = re.compile(r"projects/[^/]+/(global|regions/[^/]+|zones/[^/]+)/[A-Za-z]+/[^/]+")


def url(path: str) -> str:
    """The self link of a path, `projects/p/global/networks/n`."""
    return BASE + path


def path_of(text: str) -> str | None:
    """The path that a self link names, or None for anything else."""
    for root in ROOTS:
        if text.startswith(root):
            return text.removeprefix(root)
    return None


def references(value: object) -> set[str]:
    """Store keys of every compute resource that a body points at."""
    if isinstance(value, dict):
        return set().union(*(references(item) for name, item in value.items() if name not in _OWN))
    if isinstance(value, list):
        return set().union(*(references(item) for item in value))
    if isinstance(value, str):
        path = path_of(value)
        if path and REFERENCE.fullmatch(path):
            return {f"compute/{path}"}
    return set()


_OWN = frozenset({"selfLink", "selfLinkWithId", "subnetworks", "users"})


def resolve(call: Call, value: str, field: str, collection: str, scope: str = "global") -> str:
    """The self link that a reference means: a URL, `projects/...`, or a path within the project.

    Raises ApiError 400 when it is malformed, names another kind, or nothing ready exists under it.
    """
    path = path_of(value)
    if path is None:
        if value.startswith("projects/"):
            path = value
        elif value.startswith(("global/", "regions/", "zones/")):
            path = f"projects/{call.project}/{value}"
        else:
            raise invalid(f"Invalid value for field '{field}': '{value}'. The URL is malformed.")
    expected = rf"projects/[^/]+/{scope}/{collection}/[^/]+"
    if not re.fullmatch(expected, path):
        raise invalid(
            f"Invalid value for field '{field}': '{value}'. The URL is malformed: it must match {scope}/{collection}."
        )
    key = f"compute/{path}"
    if call.store.get(key) is None:
        singular = collection.removesuffix("es" if collection.endswith("sses") else "s")
        raise invalid(
            f"Invalid value for field '{field}': '{value}'. The referenced {singular} resource cannot be found."
        )
    require_ready(call, key)
    return url(path)


def require_ready(call: Call, key: str) -> None:
    """400 resourceNotReady while another operation works on a resource."""
    if call.operations.pending_on(key):
        path = key.removeprefix("compute/")
        raise ApiError(400, f"The resource '{path}' is not ready", reason="resourceNotReady")
