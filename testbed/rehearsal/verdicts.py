"""What a rehearsal's steps must have shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

RECAP = re.compile(r"^(?P<host>\S+)\s+: ok=\d+\s+changed=(?P<changed>\d+)\s", re.MULTILINE)
# An API stays enabled when what needed it is gone, and the project has a policy once there was a member.
STAYS = ("serviceusage/", "policy/cloudresourcemanager/")

Resource = Mapping[str, str]


def changed(output: str) -> list[str]:
    """A sentence for each host that ansible-playbook's recap says was changed."""
    return [
        f"{found['host']}: expected no change the second time, found {found['changed']}"
        for found in RECAP.finditer(output)
        if found["changed"] != "0"
    ]


def mutations(requests: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each request that changed something, of the local cloud's log."""
    return [
        f"{entry['verb']} {entry['path']}: expected no mutating request the second time"
        for entry in requests
        if entry["kind"] == "mutate"
    ]


def left(before: Collection[Resource], after: Collection[Resource]) -> list[str]:
    """A sentence for each resource that was not there before the first step and is there after the last."""
    known = {resource["key"] for resource in before}
    return [
        f"{resource['key']}: expected nothing left, found this {resource['kind']}"
        for resource in after
        if resource["key"] not in known and not resource["key"].startswith(STAYS)
    ]


def retired(before: Collection[Resource], after: Collection[Resource], regions: Collection[str]) -> list[str]:
    """A sentence for each resource in the regions that is there afterwards, and for each elsewhere that is not."""
    places = "|".join(re.escape(region) for region in sorted(regions))
    inside = re.compile(rf"/(?:{places})(?:-[a-z])?/")
    kept = {resource["key"] for resource in after}
    return [
        f"{key}: expected " + ("nothing left of a retired region, found it" if inside.search(key) else "it to stay")
        for key in sorted({resource["key"] for resource in before} | kept)
        if (key in kept) is bool(inside.search(key))
    ]
