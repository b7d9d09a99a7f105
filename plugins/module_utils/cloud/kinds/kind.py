# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is known of a kind of resource, as data: where it lives, how it is read, changed and waited for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact

Flavour = Literal["compute", "container", "longrunning", "dns", "none"]
"""How the answer to a change is waited for: each of Google's services has its own form of operation."""

Body = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What a request's body may be built from: desired, live, both merged, and the fields that differ."""

    desired: Body
    live: Body
    merged: Body
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Update:
    """One way to change some fields of a live resource.

    ``fields`` are dotted prefixes ("*" for any); a changed field belongs to the first Update that covers it.
    ``path`` is formatted with {item} and {collection}. With ``each``, every covered prefix is a request of its own.
    ``takes``: whether it leads from one value to another; a range only grows, say.
    """

    fields: tuple[str, ...]
    build: Callable[[Context], Body]
    method: str = "PATCH"
    path: str = "{item}"
    query: Callable[[Context], dict[str, str]] | None = None
    each: bool = False
    takes: Callable[[Any, Any], bool] = lambda before, after: True

    def covers(self, path: str) -> str | None:
        """The prefix that covers a changed field, None when there is none."""
        for prefix in self.fields:
            if prefix == "*":
                return path.split(".")[0].split("[")[0]
            if path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")):
                return prefix
        return None


@dataclass(frozen=True)
class Parts:
    """A keyed list whose elements have requests of their own (rules of a security policy)."""

    field: str
    key: str
    add: str
    change: str
    remove: str


@dataclass(frozen=True)
class OneOf:
    """Alternatives in the object at a path ("" for the resource itself), each one or several fields.

    A declared alternative takes the place of the others, in one request; which one it is matters even while it holds
    nothing. Source: "mutually exclusive" in the discovery documents, and the unions of Google's protocol buffers.
    """

    path: str
    alternatives: tuple[tuple[str, ...], ...]


def one_of(path: str, *alternatives: str | tuple[str, ...]) -> OneOf:
    """A OneOf whose alternatives are written as names or as tuples of names."""
    return OneOf(path, tuple((names,) if isinstance(names, str) else names for names in alternatives))


@dataclass(frozen=True)
class Kind:
    """A kind of resource. Templates are formatted with project, name and the locators that they name.

    - ``collection``, ``item``: REST paths after the host; ``read``: the path of one resource, when it is not the item.
    - ``items``: the key of a LIST's answer; ``listed`` False: no LIST, each resource is read on its own.
    - ``identity``: from an element of a LIST to what tells it apart; ``identity_key``: the same of a declared resource.
    - ``create_method``, ``create_path``, ``create_query``, ``wrap``, ``named``: the request that creates, and where it
      carries the name and the body.
    - ``immutable``: fields that no request changes; ``advice`` says what to do about it.
    - ``chosen_once``: fields that an update may give a value and none may change.
    - ``create_only``: fields that matter at creation and are never compared.
    - ``output_only``: fields that the server fills and that must not be sent back, beside those that the discovery
      document says.
    - ``keyed``: lists of objects, by the field that names an element; ``ordered``: lists whose order means something.
    - ``objects``: fields that the plan looks into.
    - ``kept``: elements of keyed lists that the server adds by itself; they stay where they are not declared.
    - ``maps``: fields whose keys are the user's; in paths of fields ``*`` stands for such a key.
    - ``unions``: fields that exclude each other (OneOf).
    - ``requires``: a field that is valid only beside certain values of another: its path, the name of that field
      beside it, and these values. A live one that is not declared leaves with the value that it was valid with.
    - ``imposed``: by path, from desired and live to why Google does not do as declared (None: it does). Such a
      difference is a warning, never a change.
    - ``defaults``: what a field means that the server leaves out of its answers, or that is declared unspecified.
    - ``zeros``: values of enumerations that the server leaves out of its answers.
    - ``caseless``: fields that the server answers in another case.
    - ``canonical``: brings desired and live to one form before they are compared.
    - ``canonical_name``: the same for the resource's name.
    - ``short_links``: fields where the server answers with a bare name for a link.
    - ``labels``: the field with labels, None when the kind has none.
    - ``pending``, ``failed``: values of ``status`` while something runs, and after a failure.
    - ``serial``: template of what admits one operation at a time.
    - ``part_of``: (kind, field): the creation of a parent may create this one with it, and its deletion deletes it.
    - ``sensitive``: fields that are never shown.
    - ``protected``: pruned with ``unprotect`` alone, for it holds what cannot be made again.
    - ``planner``: for kinds that are not created and deleted but merged into something (policies, enabled services).
    """

    name: str
    service: str
    collection: str
    summary: str
    item: str = "{collection}/{name}"
    read: str = "{item}"
    read_method: str = "GET"
    read_body: Mapping[str, Any] | None = None
    read_query: Mapping[str, str] = field(default_factory=dict)
    items: str = "items"
    listed: bool = True
    list_query: Mapping[str, str] = field(default_factory=dict)
    identity: Callable[[Body], str] = lambda live: str(live.get("name", "")).rsplit("/", 1)[-1]
    identity_key: str = "{name}"
    flavour: Flavour = "none"
    create_method: str = "POST"
    create_path: str = "{collection}"
    create_query: Mapping[str, str] = field(default_factory=dict)
    wrap: Callable[[str, Body], Body] | None = None
    named: bool = True
    updates: tuple[Update, ...] = ()
    parts: Parts | None = None
    immutable: tuple[str, ...] = ()
    advice: str = "give it a new name, so that a new one is made, and remove the old one"
    chosen_once: tuple[str, ...] = ()
    create_only: tuple[str, ...] = ()
    ignore: Callable[[Body, Body], tuple[str, ...]] | None = None
    output_only: Collection[str] = ()
    keyed: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    maps: frozenset[str] = frozenset()
    unions: tuple[OneOf, ...] = ()
    requires: Mapping[str, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)
    imposed: Mapping[str, Callable[[Any, Any], str | None]] = field(default_factory=dict)
    zeros: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    caseless: tuple[str, ...] = ()
    canonical: Callable[[Body], Body] = lambda body: body
    canonical_name: Callable[[str], str] = lambda name: name
    short_links: tuple[str, ...] = ()
    labels: str | None = None
    pending: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    never_ran: Callable[[Body], bool] = lambda live: False
    serial: str | None = None
    part_of: tuple[str, str] | None = None
    sensitive: tuple[str, ...] = ()
    prepare: Callable[[Body], Body] | None = None
    planner: str | None = None
    api: str | None = None
    delete: bool = True
    protected: bool = False
    body_locators: tuple[str, ...] = ()

    def below(self, path: str, key: str) -> str:
        """The path of a field in the object at a path; a key of the user's becomes ``*``."""
        name = "*" if path in self.maps else key
        return f"{path}.{name}" if path else name

    @property
    def domain(self) -> str:
        """The API that has to be enabled in the project."""
        return f"{self.api or self.service}.googleapis.com"


def only(values: Body, *fields: str) -> None:
    """ValueError for a field that the kind would not look at: a slip in its name must not go unseen."""
    unknown = sorted(values.keys() - set(fields))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is unknown; the fields are {', '.join(fields)}")


def patch(*fields: str, fingerprint: str | None = None) -> Update:
    """PATCH of the item with the changed top-level fields, and the fingerprint that was read."""

    def build(context: Context) -> Body:
        body: Body = {name: context.merged.get(name) for name in context.fields}
        if fingerprint is not None and fingerprint in context.live:
            body[fingerprint] = context.live[fingerprint]
        return body

    return Update(fields or ("*",), build)


def masked_patch(*fields: str, etag: bool = False) -> Update:
    """PATCH with an ``updateMask`` of the changed top-level fields."""

    def build(context: Context) -> Body:
        body: Body = compact({name: context.merged.get(name) for name in context.fields})
        if etag and "etag" in context.live:
            body["etag"] = context.live["etag"]
        return body

    return Update(fields or ("*",), build, query=lambda context: {"updateMask": ",".join(context.fields)})


def setter(
    action: str, field: str, *, fingerprint: str | None = None, name: str | None = None, separator: str = "/"
) -> Update:
    """POST to an action of the item that sets one field, with a fingerprint where the action asks for one."""

    def build(context: Context) -> Body:
        body: Body = compact({name or field: context.merged.get(field)})
        if fingerprint is not None and fingerprint in context.live:
            body[fingerprint] = context.live[fingerprint]
        return body

    return Update((field,), build, method="POST", path="{item}" + separator + action)
