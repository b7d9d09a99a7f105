# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A loader for PyYAML that reads what kubectl reads: its scalars, keys, merges and tags."""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from typing import Any, ClassVar

from ansible_collections.pingpong.platform.plugins.module_utils.common.yaml_scalars import FIRST, key, resolve

_TAG = "tag:yaml.org,2002:"
_PLAIN = "tag:pingpong.platform,2026:plain"
# Explicit tag → the types that its scalar must resolve to.
_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "float": (float, int),
    "int": (int,),
    "null": (type(None),),
}


@cache
def loader(yaml: Any) -> Any:
    """The loader's class, made of libyaml's where PyYAML has it."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Everything without a tag of its own is plain or text."""

        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
            **{first: [(_PLAIN, re.compile(""))] for first in ("", *FIRST)},
            "<": [(f"{_TAG}merge", re.compile(r"<<$"))],
        }
        yaml_constructors: ClassVar[dict[Any, Any]] = {}
        yaml_multi_constructors: ClassVar[dict[Any, Any]] = {}

        def flatten_mapping(self, node: Any) -> None:
            """Put merged pairs where the merge stands: what comes later wins, and the first of several maps."""
            pairs, node.value = node.value, []
            for name, value in pairs:
                if name.tag != f"{_TAG}merge":
                    node.value.append((name, value))
                    continue
                merged = reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]
                for other in merged:
                    if not isinstance(other, yaml.MappingNode):
                        raise _error(node, "expected a mapping, or a list of them, to merge")
                    self.flatten_mapping(other)
                    node.value.extend(other.value)

    def _error(node: Any, problem: str) -> Exception:
        error: Exception = yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return error

    def construct(self: Any, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return mapping(self, node)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_yaml_seq(node)
        return scalar(node)

    def mapping(self: Any, node: Any) -> Any:
        made: dict[str, Any] = {}
        yield made
        self.flatten_mapping(node)
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise _error(name, "expected a string as key")
            try:
                text = key(scalar(name))
            except ValueError as error:
                raise _error(name, str(error)) from None
            made[text] = self.construct_object(value)

    def scalar(node: Any) -> Any:
        name = node.tag.removeprefix(_TAG)
        if node.tag == _PLAIN:
            return resolve(node.value)
        if name == "binary":
            try:
                return base64.b64decode("".join(node.value.split()), validate=True).decode("utf-8", "replace")
            except binascii.Error:
                raise _error(node, "expected base64") from None
        if name in _TYPES:
            value = resolve(node.value)
            if not isinstance(value, _TYPES[name]) or (name != "bool" and isinstance(value, bool)):
                raise _error(node, f"expected a value of type {name}")
            return value
        return node.value

    Loader.add_constructor(None, construct)
    return Loader
