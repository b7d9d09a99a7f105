"""Write what the cloud engine's kinds take from Google's discovery documents; ``--check`` fails when it is stale.

The documents are those of google-api-python-client. From each kind's message come

- the fields that Google alone fills (``readOnly``, or "Output only" in words);
- the fields that hold a map, whose keys are the user's;
- the zero of each enumeration that has a meaning of its own: an answer leaves it out, as every zero. Compute Engine
  writes its zeros out, and lists its enumerations by the alphabet.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import googleapiclient

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "plugins" / "module_utils" / "cloud" / "kinds" / "discovered.py"
DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
MESSAGES = {
    "network": ("compute.v1", "Network"),
    "subnetwork": ("compute.v1", "Subnetwork"),
    "router": ("compute.v1", "Router"),
    "firewall": ("compute.v1", "Firewall"),
    "address": ("compute.v1", "Address"),
    "global_address": ("compute.v1", "Address"),
    "health_check": ("compute.v1", "HealthCheck"),
    "security_policy": ("compute.v1", "SecurityPolicy"),
    "global_security_policy": ("compute.v1", "SecurityPolicy"),
    "ssl_policy": ("compute.v1", "SslPolicy"),
    "global_ssl_policy": ("compute.v1", "SslPolicy"),
    "instance": ("compute.v1", "Instance"),
    "cluster": ("container.v1", "Cluster"),
    "node_pool": ("container.v1", "NodePool"),
    "service_account": ("iam.v1", "ServiceAccount"),
    "dns_zone": ("dns.v1", "ManagedZone"),
    "dns_record": ("dns.v1", "ResourceRecordSet"),
    "repository": ("artifactregistry.v1", "Repository"),
    "secret": ("secretmanager.v1", "Secret"),
    "bucket": ("storage.v1", "Bucket"),
    "membership": ("gkehub.v1", "Membership"),
    "feature": ("gkehub.v1", "Feature"),
    "pubsub_topic": ("pubsub.v1", "Topic"),
}
# What a field is for other APIs' clients, or an object of its own here.
_ELSEWHERE = ("nodePools.", "nodeConfig.")
_OUTPUT = re.compile(r"^\W*output only", re.IGNORECASE)
_NO_MEANING = re.compile(r"UNSPECIFIED|^UNDEFINED|^undefined$|^none$")

Field = tuple[str, dict[str, Any]]

HEAD = '''# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds take from Google's discovery documents. Written by tools/kind_facts.py; do not edit."""

from __future__ import annotations

'''


def schemas(document: str) -> dict[str, Any]:
    """The messages of a discovery document, by name."""
    loaded: dict[str, Any] = json.loads((DOCUMENTS / f"{document}.json").read_text(encoding="utf-8"))["schemas"]
    return loaded


def fields(messages: dict[str, Any], name: str) -> Iterator[Field]:
    """All fields of a message at any depth, by dotted path; ``*`` stands for the keys of a map."""

    def inside(message: dict[str, Any], path: str, seen: frozenset[str]) -> Iterator[Field]:
        for key, value in message.get("properties", {}).items():
            below = f"{path}.{key}" if path else key
            yield below, value
            yield from within(value, below, seen)

    def within(value: dict[str, Any], path: str, seen: frozenset[str]) -> Iterator[Field]:
        if "$ref" in value:
            if value["$ref"] not in seen:
                yield from inside(messages[value["$ref"]], path, seen | {value["$ref"]})
        elif value.get("type") == "array":
            yield from within(value["items"], path, seen)
        elif "additionalProperties" in value:
            yield f"{path}.*", value["additionalProperties"]
            yield from within(value["additionalProperties"], f"{path}.*", seen)
        else:
            yield from inside(value, path, seen)

    return inside(messages[name], "", frozenset({name}))


def is_output(field: dict[str, Any]) -> bool:
    return bool(field.get("readOnly")) or bool(_OUTPUT.match(field.get("description", "")))


def facts() -> dict[str, dict[str, Any]]:
    """The three tables, each by kind."""
    output: dict[str, tuple[str, ...]] = {}
    maps: dict[str, tuple[str, ...]] = {}
    zeros: dict[str, dict[str, str]] = {}
    for kind, (document, message) in MESSAGES.items():
        found = [item for item in fields(schemas(document), message) if not item[0].startswith(_ELSEWHERE)]
        filled = [path for path, field in found if is_output(field)]
        output[kind] = tuple(path for path in filled if not path.startswith(tuple(f"{other}." for other in filled)))
        maps[kind] = tuple(path[:-2] for path, _unused in found if path.endswith(".*") and path not in output[kind])
        if document != "compute.v1":
            zeros[kind] = {
                path: field["enum"][0]
                for path, field in found
                if field.get("enum")
                and not _NO_MEANING.search(field["enum"][0])
                and not path.startswith(tuple(f"{other}." for other in filled))
            }
    zeros = {kind: values for kind, values in zeros.items() if values}
    return {"OUTPUT_ONLY": output, "MAPS": maps, "ZERO_VALUES": zeros}


def text() -> str:
    tables = facts()
    lines = [HEAD]
    for name, types in (
        ("OUTPUT_ONLY", "dict[str, tuple[str, ...]]"),
        ("MAPS", "dict[str, tuple[str, ...]]"),
        ("ZERO_VALUES", "dict[str, dict[str, str]]"),
    ):
        lines.append(f"{name}: {types} = {{\n")
        for kind, values in tables[name].items():
            lines.append(f"    {json.dumps(kind)}: {_literal(values)},\n")
        lines.append("}\n")
    return "".join(lines)


def _literal(values: Any) -> str:
    if isinstance(values, dict):
        items = (f"        {json.dumps(key)}: {json.dumps(item)},\n" for key, item in values.items())
        return "{\n" + "".join(items) + "    }"
    if len(values) < 2:
        return f"({json.dumps(values[0])},)" if values else "()"
    return "(\n" + "".join(f"        {json.dumps(item)},\n" for item in values) + "    )"


def main() -> int:
    if "--check" in sys.argv[1:]:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text()
        print("" if current else f"{PAGE.name} is stale: run tools/kind_facts.py", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
