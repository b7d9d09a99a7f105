# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What clusters and node pools share: paths, states, and how one field is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Context, Update
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, get

CLUSTERS = "v1/projects/{project}/locations/{location}/clusters"
BUSY = ("PROVISIONING", "RECONCILING", "STOPPING")


def put(source: str, build: Callable[[Any], Body]) -> Update:
    def body(context: Context) -> Body:
        value = compact(get(context.merged, source))
        # An update without a value is no update: what is to be removed is sent empty.
        return build(type(get(context.live, source))() if value is None else value)

    return Update((source,), body, method="PUT", each=True)


def update(target: str) -> Callable[[Any], Body]:
    return lambda value: {"update": {target: value}}


def action(action: str, field: str, build: Callable[[Context], Body]) -> Update:
    return Update((field,), build, method="POST", path="{item}:" + action)


def same(field: str) -> Callable[[Context], Body]:
    return lambda context: {field: compact(context.merged[field]) or {}}
