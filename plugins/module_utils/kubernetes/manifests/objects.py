# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what the user gave to what is compared and applied: checked, completed, marked with its owner."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import is_secret
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    DESIRED_HASH,
    Key,
    Object,
    Objects,
    Owner,
    key_of,
    label,
)

# What the server writes; an object copied from a cluster carries them.
_SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")

_DEEPEST = 100

Scope = Callable[[str, str], "bool | None"]


class SourcedObject(NamedTuple):
    """An object as given, and where: ``objects[3]``, ``files: crds.yml, document 2``, ``charts: istiod``."""

    source: str
    obj: Any
    namespace: str = ""


def flatten(given: Iterable[SourcedObject]) -> list[SourcedObject]:
    """Empty documents dropped, lists opened (``List``, ``RoleList``); an OptionError for what is not an object."""
    flat = []
    for item in given:
        if item.obj is None or item.obj == {}:
            continue
        if not isinstance(item.obj, dict):
            raise OptionError(f"{item.source}: expected a Kubernetes object, found {_kind_of(item.obj)}")
        if _is_list(item.obj):
            inner = (
                SourcedObject(f"{item.source}, item {place}", _typed(part, item.obj), item.namespace)
                for place, part in enumerate(item.obj["items"], 1)
            )
            flat.extend(flatten(inner))
            continue
        _check(item)
        flat.append(item)
    return flat


def _is_list(obj: Object) -> bool:
    """A kind of its own may end with List too; such an object has a name."""
    metadata = obj.get("metadata")
    named = isinstance(metadata, dict) and bool(metadata.get("name"))
    return str(obj.get("kind")).endswith("List") and isinstance(obj.get("items"), list) and not named


def _typed(item: Any, listed: Object) -> Any:
    """An item of a list as it stands alone: in a ``RoleList`` from the API none says that it is a ``Role``."""
    kind = listed["kind"].removesuffix("List")
    return {"apiVersion": listed.get("apiVersion"), "kind": kind, **item} if kind and isinstance(item, dict) else item


def prepare(given: Iterable[SourcedObject], owner: Owner, scope: Scope, namespace: str = "") -> Objects:
    """The desired objects, in the order given.

    ``scope(api_version, kind)`` says whether a kind is namespaced, None while that is unknown. ``namespace`` is
    for objects that name none, after that of their chart. Two objects of one identity are an OptionError.
    """
    prepared = []
    seen: dict[Key, str] = {}
    for item in given:
        obj = _completed(item, scope, namespace)
        key = key_of(obj)
        if key in seen:
            raise OptionError(f"{key} is given twice: by {seen[key]} and by {item.source}")
        seen[key] = item.source
        prepared.append(with_ownership(obj, owner))
    return prepared


def with_ownership(obj: Object, owner: Owner) -> Object:
    """The object with its owner's labels and the hash of its desired state."""
    metadata = obj["metadata"]
    obj = {**obj, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **owner.labels}}}
    annotations = {**(metadata.get("annotations") or {}), DESIRED_HASH: desired_hash(obj)}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}


def desired_hash(obj: Object) -> str:
    """A hash of an object's desired state. Of a Secret it covers the keys only: its values are compared themselves."""
    metadata = obj["metadata"]
    annotations = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != DESIRED_HASH}
    hashed = {**obj, "metadata": {**metadata, "annotations": annotations}}
    if is_secret(obj):
        hashed["data"] = sorted(obj.get("data") or {})
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _check(item: SourcedObject) -> None:
    obj = item.obj
    name = f" ({label(obj)})" if isinstance(obj.get("metadata"), dict) and obj["metadata"].get("name") else ""
    for field in ("apiVersion", "kind"):
        if not isinstance(obj.get(field), str) or not obj[field]:
            raise OptionError(f"{item.source}{name}: {field} is missing, found {sorted(map(str, obj))}")
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        found = metadata.get("name") if isinstance(metadata, dict) else None
        said = "is missing" if found in (None, "") else f"expected a string, found {_kind_of(found)}"
        hint = "; generateName cannot be applied" if isinstance(metadata, dict) and "generateName" in metadata else ""
        raise OptionError(f"{item.source} ({obj['kind']}): metadata.name {said}{hint}")
    if metadata.get("namespace") is not None and not isinstance(metadata["namespace"], str):
        found = _kind_of(metadata["namespace"])
        raise OptionError(f"{item.source}{name}: metadata.namespace: expected a string, found {found}")
    for field in ("name", "namespace"):
        if any(sign in (metadata.get(field) or "") for sign in "/%"):
            raise OptionError(
                f"{item.source}{name}: metadata.{field}: {metadata[field]!r} is no name, expected no / or %"
            )
    for field in ("labels", "annotations"):
        values = metadata.get(field)
        if values is None:
            continue
        if not isinstance(values, dict):
            raise OptionError(f"{item.source}{name}: metadata.{field}: expected a dict, found {_kind_of(values)}")
        for key, value in values.items():
            if value is not None and not isinstance(value, str):
                found = _kind_of(value)
                raise OptionError(f"{item.source}{name}: metadata.{field}.{key}: expected a string, found {found}")


def _completed(item: SourcedObject, scope: Scope, namespace: str) -> Object:
    given = {key: value for key, value in item.obj.items() if key != "status"}
    obj: Object = _plain(given, f"{item.source} ({label(item.obj)}): ")
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _SERVER_FIELDS}
    try:
        namespaced = scope(obj["apiVersion"], obj["kind"])
    except UnknownKind as error:
        raise OptionError(f"{item.source} ({label(obj)}): {error}") from None
    if namespaced is False:
        metadata.pop("namespace", None)
    elif namespaced and not metadata.get("namespace"):
        chosen = item.namespace or namespace
        if not chosen:
            raise OptionError(
                f"{item.source} ({label(obj)}): metadata.namespace is missing and the option namespace is not set"
            )
        metadata["namespace"] = chosen
    obj["metadata"] = metadata
    return _encoded(obj, item.source) if is_secret(obj) else obj


def _encoded(obj: Object, source: str) -> Object:
    """A Secret with its ``stringData`` in ``data``, as the server keeps it."""
    for field in ("data", "stringData"):
        if not isinstance(obj.get(field) or {}, dict):
            raise OptionError(f"{source} ({label(obj)}): {field}: expected a dict, found {_kind_of(obj[field])}")
    data = dict(obj.get("data") or {})
    for key, value in data.items():
        try:
            # Wrapped, or with a line end, as the server takes it and gives it back without.
            data[key] = base64.b64encode(base64.b64decode("".join(value.split()), validate=True)).decode()
        except (binascii.Error, ValueError, AttributeError):
            raise OptionError(
                f"{source} ({label(obj)}): data.{key} is not base64; plain text goes to stringData"
            ) from None
    for key, value in (obj.get("stringData") or {}).items():
        if not isinstance(value, str):
            raise OptionError(f"{source} ({label(obj)}): stringData.{key}: expected a string, found {_kind_of(value)}")
        data[key] = base64.b64encode(value.encode()).decode()
    rest = {key: value for key, value in obj.items() if key not in ("data", "stringData")}
    return {**rest, "data": data} if data else rest


def _plain(value: Any, path: str, depth: int = 0) -> Any:
    """JSON without nulls: to the server a null in an applied object is a field that is not there."""
    if depth > _DEEPEST:
        raise OptionError(f"{path[:200]}…: nested too deeply, or an alias to itself")
    if isinstance(value, dict):
        inside = path if path.endswith(" ") else f"{path}."
        return {
            _key(key, path): _plain(item, f"{inside}{key}", depth + 1)
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list):
        return [_plain(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
    known = value is None or isinstance(value, str | int | float)
    if not known or (isinstance(value, float) and not math.isfinite(value)):
        raise OptionError(f"{path}: expected a value that JSON knows, found {_kind_of(value)}; quote it for a string")
    return value


def _key(key: Any, path: str) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise OptionError(f"{path}: expected strings as keys, found {_kind_of(key)}; quote it")
    return key if isinstance(key, str) else str(key)


def _kind_of(value: Any) -> str:
    return {dict: "a dict", list: "a list", str: "a string", bool: "a boolean", int: "a number"}.get(
        type(value), type(value).__name__
    )
