"""Requests against Google's published message types, in the words of Google's JSON front end.

Stricter than Google in two places, so that a client's mistake shows: field names only in their JSON form
(camelCase), and booleans only as booleans.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from testbed.cloud.core.protocol.discovery import Method, Service
from testbed.cloud.core.protocol.errors import ApiError, bad_request, invalid

RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
DATETIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
LIMIT = re.compile(r"Acceptable\s+values\s+are\s+`?(\d+)`?\s+to\s+`?(\d+)`?,\s+inclusive")

Violations = list[tuple[str, str]]


def snake(name: str) -> str:
    """`initialNodeCount` as the protocol's `initial_node_count`, which is how Google's messages name fields."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match.group(1).lower(), name)


def camel(name: str) -> str:
    """`repository_id` as `repositoryId`."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def is_output_only(prop: Mapping[str, Any]) -> bool:
    """Whether the server alone writes this field: Google ignores it in requests."""
    description = str(prop.get("description", "")).lower()
    return bool(prop.get("readOnly")) or description.startswith(("[output only]", "output only", "[output-only]"))


class Checker:
    """Checks bodies and query parameters of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.schemas = service.schemas
        self.camel = service.name in {"compute", "dns", "storage"}

    def body(self, method: Method, value: Any) -> dict[str, Any]:
        """The request body, checked and normalised (64-bit integers as strings); raises ApiError 400."""
        if method.request is None:
            if value not in (None, {}):
                raise invalid(
                    'Invalid JSON payload received. Unknown name "": Root element must be a message.',
                    reason="badRequest",
                )
            return {}
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise invalid(
                'Invalid JSON payload received. Unknown name "": Root element must be a message.', reason="badRequest"
            )
        violations: Violations = []
        if method.request.endswith("Request") and not self.camel:
            # The whole request travels in the body then, and what the path says of it may stand there too.
            own = self.schemas[method.request].get("properties", {})
            twice = {name for name, parameter in method.parameters.items() if parameter.get("location") == "path"}
            value = {name: item for name, item in value.items() if name in own or name not in twice}
        clean = self._message(method.request, value, "", violations)
        if violations:
            raise bad_request(violations)
        return dict(clean)

    def writable(self, schema: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """`value` without the fields that only the server writes, at any depth."""
        properties = self.schemas[schema].get("properties", {})
        return {
            name: self._writable(properties.get(name, {}), item)
            for name, item in value.items()
            if not is_output_only(properties.get(name, {}))
        }

    def _writable(self, prop: Mapping[str, Any], value: Any) -> Any:
        if isinstance(value, dict) and "$ref" in prop:
            return self.writable(prop["$ref"], value)
        if isinstance(value, list):
            return [self._writable(prop.get("items", {}), item) for item in value]
        return value

    def _at(self, path: str, name: str) -> str:
        field = name if self.camel else snake(name)
        return f"{path}.{field}" if path else field

    def _message(self, schema: str, value: Any, path: str, violations: Violations) -> Any:
        if not isinstance(value, dict):
            violations.append(self._wrong(path, f"type.googleapis.com/{schema}", value))
            return value
        properties = self.schemas[schema].get("properties")
        return value if properties is None else self._fields(properties, value, path, violations)

    def _fields(self, properties: Mapping[str, Any], value: Any, path: str, violations: Violations) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for name, item in value.items():
            if name not in properties:
                at = f" at '{path}'" if path else ""
                violations.append(
                    (path, f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.')
                )
            elif item is None:
                clean[name] = None
            else:
                clean[name] = self._value(properties[name], item, self._at(path, name), violations)
        return clean

    def _value(self, prop: Mapping[str, Any], value: Any, path: str, violations: Violations) -> Any:
        if "$ref" in prop:
            return self._message(prop["$ref"], value, path, violations)
        kind = prop.get("type")
        if kind == "array":
            return self._array(prop, value, path, violations)
        if kind == "object":
            return self._map(prop, value, path, violations)
        if kind == "any":
            return value
        return self._scalar(prop, value, path, violations)

    def _array(self, prop: Mapping[str, Any], value: Any, path: str, violations: Violations) -> Any:
        if not isinstance(value, list):
            violations.append(self._wrong(path, f"type.googleapis.com/list of {_name(prop['items'])}", value))
            return value
        items = []
        for index, item in enumerate(value):
            if item is None:
                violations.append(self._wrong(f"{path}[{index}]", _name(prop["items"]), item))
            items.append(self._value(prop["items"], item, f"{path}[{index}]", violations))
        return items

    def _map(self, prop: Mapping[str, Any], value: Any, path: str, violations: Violations) -> Any:
        if not isinstance(value, dict):
            violations.append(self._wrong(path, "type.googleapis.com/google.protobuf.Struct", value))
            return value
        if "properties" in prop:  # an object that the document describes where it is used
            return self._fields(prop["properties"], value, path, violations)
        inner = prop.get("additionalProperties")
        if not inner:
            return value
        return {key: self._value(inner, item, f"{path}[{key}]", violations) for key, item in value.items()}

    def _scalar(self, prop: Mapping[str, Any], value: Any, path: str, violations: Violations) -> Any:
        if isinstance(value, list):
            field = path.rpartition(".")[2]
            parent = path.rpartition(".")[0]
            at = f" at '{parent}'" if parent else ""
            violations.append(
                (
                    parent,
                    f'Invalid JSON payload received. Unknown name "{field}"{at}: '
                    "Proto field is not repeating, cannot start list.",
                )
            )
            return value
        kind, fmt = prop.get("type"), str(prop.get("format", ""))
        if kind == "boolean":
            if not isinstance(value, bool):
                violations.append(self._wrong(path, "TYPE_BOOL", value))
            return value
        if fmt in RANGES or kind == "integer":
            return self._integer(fmt or "int32", value, path, violations)
        if kind == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                violations.append(self._wrong(path, f"TYPE_{fmt.upper() or 'DOUBLE'}", value))
            return value
        return self._string(prop, fmt, value, path, violations)

    def _integer(self, fmt: str, value: Any, path: str, violations: Violations) -> Any:
        number: int | None = None
        if isinstance(value, int) and not isinstance(value, bool):
            number = value
        elif isinstance(value, float) and value.is_integer():
            number = int(value)
        elif isinstance(value, str):
            number = int(value) if re.fullmatch(r"-?\d+", value) else None
        low, high = RANGES[fmt]
        if number is None or not low <= number <= high:
            violations.append(self._wrong(path, f"TYPE_{fmt.upper()}", value))
            return value
        return str(number) if fmt.endswith("64") else number

    def _string(self, prop: Mapping[str, Any], fmt: str, value: Any, path: str, violations: Violations) -> Any:
        if "enum" in prop:
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(prop["enum"]):
                value = self._numbered(prop["enum"], value)
            if value not in prop["enum"]:
                violations.append(self._wrong(path, f"type.googleapis.com/{_enum_name(self.service, path)}", value))
            return value
        if not isinstance(value, str):
            violations.append(self._wrong(path, "TYPE_STRING", value))
            return value
        problem = _format_problem(fmt, value)
        if problem:
            violations.append((path, f"Invalid value at '{path}' ({problem}), {json.dumps(value)}"))
        return value

    def _numbered(self, names: list[str], number: int) -> Any:
        """The name of an enum's number, as Google's own libraries send enums.

        The discovery documents of the newer APIs list names in the protocol's order, which is that of the numbers;
        the older ones' are sorted, so there a number stays what it is: wrong.
        """
        return number if self.camel else names[number]

    @staticmethod
    def _wrong(path: str, expected: str, value: Any) -> tuple[str, str]:
        shown = json.dumps(value) if not isinstance(value, dict | list) else json.dumps(value)[:80]
        return path, f"Invalid value at '{path}' ({expected}), {shown}"

    def query(self, method: Method, raw: Mapping[str, list[str]]) -> dict[str, Any]:
        """Typed query parameters: lists where the method repeats them; raises ApiError 400."""
        values: dict[str, Any] = {}
        violations: Violations = []
        for sent, texts in raw.items():
            # The newer APIs also know a parameter by its name in the protocol.
            name = sent if self.camel or sent in method.parameters else camel(sent)
            parameter = method.parameters.get(name)
            if parameter is None or parameter.get("location") != "query":
                if sent not in self.service.common_parameters:
                    violations.append(
                        (
                            "",
                            f'Invalid JSON payload received. Unknown name "{sent}": Cannot bind query parameter. '
                            f"Field '{sent}' could not be found in request message.",
                        )
                    )
                continue
            parsed = [self._parameter(name, parameter, text, violations) for text in texts]
            values[name] = parsed if parameter.get("repeated") else parsed[-1]
        for name, parameter in method.parameters.items():
            if parameter.get("required") and parameter.get("location") == "query" and name not in values:
                raise invalid(f"Required parameter: {name}", reason="required", location=("parameter", name))
        if violations:
            raise bad_request(violations)
        return values

    def _parameter(self, name: str, parameter: Mapping[str, Any], text: str, violations: Violations) -> Any:
        if parameter["type"] == "boolean":
            if text not in ("true", "false"):
                violations.append(self._wrong(name, "TYPE_BOOL", text))
            return text == "true"
        if parameter["type"] == "integer":
            number = self._integer(str(parameter.get("format", "int32")), text, name, violations)
            limits = LIMIT.search(str(parameter.get("description", "")))
            if limits and isinstance(number, int) and not int(limits[1]) <= number <= int(limits[2]):
                raise invalid(
                    f"Invalid value '{text}'. Values must be within the range: [{limits[1]}, {limits[2]}]",
                    reason="invalidParameter",
                    location=("parameter", name),
                )
            return number
        return self._scalar(parameter, text, name, violations)

    def path(self, method: Method, values: Mapping[str, str]) -> None:
        """Path parameters against their documented patterns; raises ApiError 400 as compute does."""
        for name, value in values.items():
            pattern = method.parameters.get(name, {}).get("pattern")
            if pattern and not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value):
                raise ApiError(
                    400, f"Invalid value for field '{name}': '{value}'. Must be a match of regex '{pattern}'"
                )


def _name(prop: Mapping[str, Any]) -> str:
    return str(prop.get("$ref") or prop.get("type"))


def _enum_name(service: Service, path: str) -> str:
    field = path.rpartition(".")[2].partition("[")[0]
    return f"google.{service.name}.v1.{''.join(word.capitalize() for word in snake(field).split('_'))}"


def _format_problem(fmt: str, value: str) -> str | None:
    """The protocol's name of a format that `value` does not have, or None."""
    if fmt == "byte":
        try:
            base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            return "TYPE_BYTES"
    if fmt == "google-duration" and not DURATION.fullmatch(value):
        return "type.googleapis.com/google.protobuf.Duration"
    if fmt in ("google-datetime", "date-time") and not DATETIME.fullmatch(value):
        return "type.googleapis.com/google.protobuf.Timestamp"
    return None
