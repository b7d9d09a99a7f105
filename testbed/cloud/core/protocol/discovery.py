"""Google's discovery documents as routes: which method a verb and a path mean.

The documents come with google-api-python-client; nothing about an API's surface is written down here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from testbed.cloud.core.protocol.errors import Style

VERSIONS = {
    "artifactregistry": "v1",
    "binaryauthorization": "v1",
    "cloudresourcemanager": "v1",
    "compute": "v1",
    "container": "v1",
    "dns": "v1",
    "gkehub": "v1",
    "iam": "v1",
    "iamcredentials": "v1",
    "pubsub": "v1",
    "secretmanager": "v1",
    "serviceusage": "v1",
    "storage": "v1",
    "sts": "v1",
}
LEGACY = frozenset({"compute", "dns", "storage"})
BOTH = frozenset({"container", "iam"})
# Parameters that every Google front end takes beside a method's own: https://cloud.google.com/apis/docs/system-parameters
SYSTEM_PARAMETERS = frozenset({"$alt", "$fields", "$prettyPrint", "$key", "$callback", "$.xgafv"})


@dataclass(frozen=True)
class Method:
    """One API method, e.g. `compute.networks.insert`."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Mapping[str, Any]]
    request: str | None
    response: str | None


@dataclass(frozen=True)
class Service:
    """One API: its document, its methods, its error style."""

    name: str
    title: str
    document: Mapping[str, Any]
    buckets: Mapping[tuple[str, int], tuple[Method, ...]]

    @property
    def host(self) -> str:
        """The API's name as Service Usage knows it, e.g. `compute.googleapis.com`."""
        return f"{self.name}.googleapis.com"

    @property
    def style(self) -> Style:
        """How it words errors."""
        return "legacy" if self.name in LEGACY else "both" if self.name in BOTH else "rpc"

    @property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """The published message types."""
        return dict(self.document["schemas"])

    @property
    def common_parameters(self) -> frozenset[str]:
        """Query parameters that every method takes."""
        return frozenset(self.document.get("parameters", {})) | SYSTEM_PARAMETERS

    def match(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that `verb` on `path` (without a leading slash) means, with its path parameters."""
        for method in self.buckets.get((verb, path.count("/")), ()):
            found = method.pattern.fullmatch(path)
            if found:
                return method, {_original(name): value for name, value in found.groupdict().items()}
        return None

    def methods(self) -> Iterator[Method]:
        """Every method of the API."""
        for methods in self.buckets.values():
            yield from methods


def _original(group: str) -> str:
    return group.replace("__dash__", "-")


def _pattern(template: str, parameters: Mapping[str, Mapping[str, Any]]) -> str:
    """A regular expression of a path template: `{+name}` stands for its documented pattern, `{id}` for a segment."""
    parts = re.split(r"(\{\+?[^}]+\})", template)
    expression = ""
    for part in parts:
        if not part.startswith("{"):
            expression += re.escape(part)
            continue
        name = part.strip("{+}")
        pattern = "[^/]+"
        if part.startswith("{+"):
            pattern = str(parameters[name].get("pattern", pattern)).removeprefix("^").removesuffix("$")
        expression += f"(?P<{name.replace('-', '__dash__')}>{pattern})"
    return expression


def _methods(resource: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Method]]:
    for raw in resource.get("methods", {}).values():
        parameters = raw.get("parameters", {})
        template = prefix + raw["path"]
        expression = _pattern(template, parameters)
        method = Method(
            id=raw["id"],
            verb=raw["httpMethod"],
            pattern=re.compile(expression),
            parameters=parameters,
            request=raw.get("request", {}).get("$ref"),
            response=raw.get("response", {}).get("$ref"),
        )
        yield expression, method
    for child in resource.get("resources", {}).values():
        yield from _methods(child, prefix)


@cache
def load(name: str) -> Service:
    """The service `name` from the installed discovery documents; read once."""
    folder = resources.files("googleapiclient.discovery_cache.documents")
    document = json.loads(folder.joinpath(f"{name}.{VERSIONS[name]}.json").read_text(encoding="utf-8"))
    buckets: dict[tuple[str, int], list[tuple[str, Method]]] = {}
    for expression, method in _methods(document, document.get("servicePath", "")):
        depth = expression.replace("[^/]", "").count("/")
        buckets.setdefault((method.verb, depth), []).append((expression, method))
    ordered = {
        # A custom verb (`{+name}:setSize`) before the plain resource whose pattern would swallow it.
        key: tuple(method for _unused, method in sorted(found, key=lambda item: _specificity(item[0]), reverse=True))
        for key, found in buckets.items()
    }
    return Service(name, document.get("title", name), document, ordered)


def _specificity(expression: str) -> tuple[int, int]:
    literal = re.sub(r"\(\?P<[^>]+>|\[\^/\]\+|\)", "", expression)
    return (":" in literal, len(literal))
