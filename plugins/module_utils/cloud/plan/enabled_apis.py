# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Enabled APIs of a project: those that are declared are enabled, in batches; none is ever disabled. Pure."""

from __future__ import annotations

from itertools import batched
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Request, ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import FieldDiff
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

_BATCH = 20  # the most that services:batchEnable takes


def plan(resource: Resource, live: dict[str, Any] | None, present: bool) -> ResourceChange:
    """The change that enables what is missing. Removal leaves them: others of the project may use them."""
    enabled = {str(item["name"]).rsplit("/", 1)[-1] for item in (live or {}).get("services") or []}
    missing = [name for name in resource.body["serviceIds"] if name not in enabled]
    if not present or not missing:
        return ResourceChange(resource, "none")
    diffs = tuple(FieldDiff(f"serviceIds[{name}]", None, "ENABLED", "is not enabled") for name in missing)
    requests = tuple(
        Request(
            "POST",
            f"{resource.collection}:batchEnable",
            {"serviceIds": list(names)},
            fields=tuple(f"serviceIds[{name}]" for name in names),
        )
        for names in batched(missing, _BATCH)
    )
    return ResourceChange(resource, "update", diffs, requests)
