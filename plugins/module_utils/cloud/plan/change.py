# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan does to one resource: an action, the fields that differ and why, and the requests to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import FieldDiff
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

Action = Literal["none", "create", "update", "replace", "delete", "blocked"]
"""``blocked``: what is desired cannot be done, and ``why`` says what to do about it."""


@dataclass(frozen=True)
class Request:
    """One mutating request; ``fields`` are the paths that it changes."""

    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResourceChange:
    """An action on one resource, with the differences that ask for it and the requests that carry it out, in order.

    ``warnings``: fields that Google keeps otherwise than declared, whatever is sent.
    """

    resource: Resource
    action: Action
    diffs: tuple[FieldDiff, ...] = ()
    requests: tuple[Request, ...] = ()
    why: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.resource.key
