# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A resource of a stack, read from what the user wrote. Pure."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.registry import KINDS
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import find, malformed
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

EMAIL = "{name}@{project}.iam.gserviceaccount.com"
_RESERVED = ("kind", "name", "key", "project", "depends", "protection")


@dataclass(frozen=True)
class Resource:
    """One declared resource: its kind, its place, its body (with references not yet resolved)."""

    kind: Kind
    name: str
    key: str
    place: dict[str, str]
    body: dict[str, Any]
    depends: frozenset[str] = field(default_factory=frozenset)
    protection: bool = False

    @property
    def project(self) -> str:
        return self.place["project"]

    @property
    def collection(self) -> str:
        """The REST path of the collection that it is in."""
        return self.kind.collection.format(**self.place, name=self.name)

    @property
    def item(self) -> str:
        """The REST path of the resource itself."""
        return self.format(self.kind.item)

    @property
    def path(self) -> str:
        """The name that other resources use for it: the item without the API's version."""
        parts = self.item.split("/")
        return "/".join(parts[parts.index("projects") :]) if "projects" in parts else self.item

    @property
    def email(self) -> str | None:
        """What others call it by, when it is a service account."""
        return self.format(EMAIL) if self.kind.name == "service_account" else None

    @property
    def serial(self) -> str | None:
        """Resources with the same value are changed one after the other."""
        return self.format(self.kind.serial) if self.kind.serial else None

    def format(self, template: str, **extra: str) -> str:
        """A template of the kind, filled with this resource's place."""
        values = {**self.place, "name": self.name, "collection": self.collection, **extra}
        if "{item}" in template:
            values["item"] = self.kind.item.format(**values)
        return template.format(**values)

    def with_body(self, body: dict[str, Any]) -> Resource:
        """The same resource with its references resolved."""
        return replace(self, body=body)


def locators(kind: Kind) -> tuple[str, ...]:
    """What, besides project and name, the kind's paths are made of."""
    names = {field[1] for field in string.Formatter().parse(kind.collection + kind.item) if field[1]}
    return tuple(sorted(names - {"project", "name", "collection", "item"}))


def locate(data: dict[str, Any], project: str) -> Resource:
    """Where a resource is, without its body. OptionError when malformed."""
    kind = KINDS.get(str(data.get("kind")))
    if kind is None:
        raise OptionError(f"resources: unknown kind {data.get('kind')!r}; the kinds are {', '.join(sorted(KINDS))}")
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise OptionError(f"resources: a {kind.name} has no name (found {name!r})")
    key = str(data.get("key") or f"{kind.name}/{name}")
    place = {"project": str(data.get("project") or project)}
    for locator in locators(kind):
        value = data.get(locator)
        if not isinstance(value, str) or not value:
            raise OptionError(f"{key}: {locator} is required for a {kind.name} and must be a string (found {value!r})")
        place[locator] = value
    return Resource(kind, kind.canonical_name(name), key, place, {})


def parse(data: dict[str, Any], project: str, labels: dict[str, str]) -> Resource:
    """A Resource from the user's form; ``labels`` are added where the kind has labels. OptionError when malformed."""
    resource = locate(data, project)
    kind, key = resource.kind, resource.key
    depends = data.get("depends") or []
    if not isinstance(depends, list):
        raise OptionError(f"{key}: depends must be a list of keys (found {depends!r})")
    own = set(_RESERVED) | set(locators(kind))
    body = {field: value for field, value in data.items() if field not in own or field in kind.body_locators}
    _check_shapes(kind, key, body)
    if kind.labels is not None and labels:
        body[kind.labels] = {**labels, **(body.get(kind.labels) or {})}
    if kind.prepare is not None:
        try:
            body = kind.prepare(body)
        except ValueError as error:
            raise OptionError(f"{key}: {error}") from None
    needs = frozenset(map(str, depends)) | find(body)
    return replace(resource, body=body, depends=needs, protection=bool(data.get("protection", False)))


def _check_shapes(kind: Kind, key: str, body: dict[str, Any]) -> None:
    """OptionError where the plan looks into a field and finds another type; the rest is Google's to check."""
    for name in (kind.labels, *kind.objects):
        if name is not None and not isinstance(body.get(name) or {}, dict):
            raise OptionError(f"{key}: {name} must be a dictionary (found {body[name]!r})")
    parts = {other.part_of[1]: "name" for other in KINDS.values() if other.part_of and other.part_of[0] == kind.name}
    for path, named in {**kind.keyed, **parts}.items():
        value = get(body, path)
        if value and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            raise OptionError(f"{key}: {path} must be a list of objects (found {value!r})")
        names = [item[named] for item in value or [] if item.get(named) is not None]
        for name in names:
            if isinstance(name, dict | list):
                raise OptionError(f"{key}: {path}: {named} must be a text or a number (found {name!r})")
            if list(map(str, names)).count(str(name)) > 1:
                raise OptionError(f"{key}: {path}: {named} {name} is there twice")
    wrong = malformed(body)
    if wrong is not None:
        raise OptionError(f"{key}: {wrong} is no reference; expected ${{kind/name}} or ${{kind/name:field}}")


def by_key(found: Iterable[Resource]) -> dict[str, Resource]:
    """Resources by their keys; OptionError when two have the same."""
    resources: dict[str, Resource] = {}
    for resource in found:
        if resource.key in resources:
            raise OptionError(f"resources: {resource.key} is there twice; give one of them a key of its own")
        resources[resource.key] = resource
    return resources


def parse_all(items: list[dict[str, Any]], project: str, labels: dict[str, str]) -> list[Resource]:
    """All resources of a stack, each under a key of its own."""
    resources = by_key(parse(item, project, labels) for item in items)
    names: dict[tuple[str, str], str] = {}
    for resource in resources.values():
        other = names.setdefault((resource.kind.name, resource.item), resource.key)
        if other != resource.key and resource.kind.planner is None:
            raise OptionError(f"resources: {other} and {resource.key} are both {resource.item}; declare it once")
    for resource in resources.values():
        for missing in sorted(resource.depends - resources.keys()):
            raise OptionError(f"{resource.key}: it refers to {missing}, which is not in the stack")
    return list(resources.values())
