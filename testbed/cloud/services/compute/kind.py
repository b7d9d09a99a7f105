"""What a kind of compute resource is: data, and the few functions that hold its own rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.state.store import Resource

Prepare = Callable[[Call, Body], None]
Change = Callable[[Call, Body, Body], None]


def nothing(*_: Any) -> None:
    """No rule of its own."""


@dataclass(frozen=True)
class Kind:
    """One resource kind. `plural` is its name in the discovery document, `collection` in URLs.

    `prepare(call, body)` completes a body to be created, in place; `change(call, old, new)` checks a changed one;
    `mutable` names the fields that PATCH and PUT may change.
    """

    plural: str
    singular: str
    schema: str
    scope: Literal["global", "region", "zone"]
    mutable: frozenset[str] = frozenset()
    fingerprint: bool = False
    labels: bool = False
    collection: str = ""
    quota: str = ""
    # What a patch is called among the operations.
    patched: str = "patch"
    prepare: Prepare = nothing
    change: Change = nothing
    # Keys of resources that use one without pointing at it by its link.
    users: Callable[[Call, Resource], list[str]] = lambda *_: []
    removable: Callable[[Call, Resource], None] = nothing
    # Fields of a new resource while it is made, and when it is ready.
    while_created: tuple[tuple[str, Any], ...] = ()
    when_ready: tuple[tuple[str, Any], ...] = ()
    # What a reader sees: fields that follow from other resources are added here, never stored.
    view: Callable[[Call, Body], Body] = lambda _, body: body

    @property
    def segment(self) -> str:
        """The collection's name in URLs."""
        return self.collection or self.plural

    @property
    def parameter(self) -> str:
        """The path parameter that holds a resource's name."""
        if self.segment.endswith("sses"):
            return self.segment.removesuffix("es")
        if self.segment.endswith("ies"):
            return f"{self.segment.removesuffix('ies')}y"
        return self.segment.removesuffix("s")
