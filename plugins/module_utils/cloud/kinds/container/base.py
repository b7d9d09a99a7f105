# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What clusters and node pools share: paths, states, and how one field is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    OneOf,
    Update,
    one_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact, get

CLUSTERS = "v1/projects/{project}/locations/{location}/clusters"
BUSY = ("PROVISIONING", "RECONCILING", "STOPPING")


# Scopes that are added by Google where logging and monitoring are on.
_AGENTS = re.compile(r"https://www\.googleapis\.com/auth/(logging|monitoring)(\.write)?")


# What a kubelet does unless it is told otherwise, as the discovery document says field by field.
_KUBELET = {
    "containerLogMaxFiles": 5,
    "containerLogMaxSize": "10Mi",
    "containerLogMaxWorkers": 1,
    "containerLogMonitorInterval": "10s",
    "cpuCfsQuota": True,
    "cpuManagerPolicy": "none",
    "imageGcHighThresholdPercent": 85,
    "imageGcLowThresholdPercent": 80,
    "imageMaximumGcAge": "0s",
    "imageMinimumGcAge": "2m0s",
    "memoryManager.policy": "none",
    "topologyManager.policy": "none",
    "topologyManager.scope": "container",
}


def kubelet_defaults(path: str) -> dict[str, Any]:
    """What the fields of a NodeKubeletConfig at a path mean where they are left out."""
    return {f"{path}.{name}": value for name, value in _KUBELET.items()}


def upgrade_unions(path: str) -> tuple[OneOf, ...]:
    """What excludes each other in the settings for upgrades at a path."""
    blue_green = f"{path}.blueGreenSettings"
    return (
        one_of(path, ("maxSurge", "maxUnavailable"), "blueGreenSettings"),
        one_of(blue_green, "standardRolloutPolicy", "autoscaledRolloutPolicy"),
        one_of(f"{blue_green}.standardRolloutPolicy", "batchNodeCount", "batchPercentage"),
    )


def linux_unions(path: str) -> tuple[OneOf, ...]:
    """What excludes each other in a LinuxNodeConfig at a path."""
    swap = f"{path}.swapConfig"
    return (
        one_of(swap, "bootDiskProfile", "dedicatedLocalSsdProfile", "ephemeralLocalSsdProfile"),
        one_of(f"{swap}.bootDiskProfile", "swapSizeGib", "swapSizePercent"),
        one_of(f"{swap}.ephemeralLocalSsdProfile", "swapSizeGib", "swapSizePercent"),
    )


def added_scopes(desired: Any, live: Any) -> str | None:
    """Why nodes have more OAuth scopes than declared: only where nothing else differs."""
    if not (isinstance(desired, list) and isinstance(live, list)):
        return None
    added = [scope for scope in live if scope not in desired]
    if set(desired) - set(live) or not all(_AGENTS.fullmatch(scope) for scope in added):
        return None
    return "Google adds the scopes that logging and monitoring need"


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
