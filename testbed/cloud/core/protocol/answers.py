"""What a client may ask of the form of an answer: some of its fields (`fields`), enumerations as numbers (`$alt`).

https://cloud.google.com/apis/docs/system-parameters
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from testbed.cloud.core.protocol.discovery import Method, Service
from testbed.cloud.core.protocol.errors import invalid

TOKEN = re.compile(r"[A-Za-z_@][\w@.-]*|[*/(),]")
NUMBERS = "json;enum-encoding=int"

Tree = dict[str, "Tree"]
"""Names that are kept, each with what is kept below it; nothing below means all of it."""


def shaped(service: Service, method: Method, query: Mapping[str, Sequence[str]], answer: Any) -> Any:
    """An answer in the form that the query asks for; raises ApiError 400 for a mask that is none."""
    for name in ("fields", "$fields"):
        for mask in query.get(name, ()):
            answer = kept(answer, parsed(mask))
    if NUMBERS in query.get("$alt", ()) and method.response:
        answer = _numbers(service, {"$ref": method.response}, answer)
    return answer


def parsed(mask: str) -> Tree:
    """The tree of a mask as in `items(name,labels/team),nextPageToken`."""
    tokens = TOKEN.findall(mask)
    if "".join(tokens) != mask.replace(" ", "") or not tokens:
        raise _refused(mask)
    try:
        tree, rest = _selection(tokens)
    except IndexError:
        raise _refused(mask) from None
    if rest:
        raise _refused(mask)
    return tree


def _refused(mask: str) -> Exception:
    return invalid(f"Invalid field selection {mask}", reason="invalidParameter", location=("parameter", "fields"))


def _selection(tokens: list[str]) -> tuple[Tree, list[str]]:
    tree: Tree = {}
    while True:
        name, tokens = tokens[0], tokens[1:]
        if name in "/(),":
            raise IndexError
        inner = tree.setdefault(name, {})
        while tokens and tokens[0] == "/":
            inner, tokens = inner.setdefault(tokens[1], {}), tokens[2:]
        if tokens and tokens[0] == "(":
            below, tokens = _selection(tokens[1:])
            inner |= below
            if tokens[0] != ")":
                raise IndexError
            tokens = tokens[1:]
        if not tokens or tokens[0] != ",":
            return tree, tokens
        tokens = tokens[1:]


def kept(value: Any, tree: Tree) -> Any:
    """A value without what the tree does not name."""
    if not tree:
        return value
    if isinstance(value, list):
        return [kept(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: kept(item, tree.get(name, tree.get("*", {}))) for name, item in value.items() if {name, "*"} & tree.keys()
    }


def _numbers(service: Service, prop: Mapping[str, Any], value: Any) -> Any:
    """Names of enumerations as their numbers: the documents of the newer APIs list them in that order."""
    if isinstance(value, list):
        return [_numbers(service, prop.get("items", {}), item) for item in value]
    if isinstance(value, dict):
        schema = service.schemas[prop["$ref"]] if "$ref" in prop else prop
        known, other = schema.get("properties", {}), schema.get("additionalProperties", {})
        return {name: _numbers(service, known.get(name, other), item) for name, item in value.items()}
    return prop["enum"].index(value) if value in prop.get("enum", ()) else value
