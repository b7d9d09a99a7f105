# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The zone's records: what they prefer, and the requests that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.info import run_info
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.spec import cloud_settings, run_stack
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Site
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import Preference
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.steps import (
    preference_in,
    routing_policy,
)

TIMEOUT = 120.0
STACK = {"state": "present", "labels": {}, "outputs": {}, "prune": False, "prune_prefix": None, "unprotect": False}


class Records:
    """The record of each host. ``sites`` and ``regions`` are in the order in which the role ``edge`` declares them."""

    def __init__(self, options: Mapping[str, Any], sites: Sequence[Site], regions: Mapping[str, str]) -> None:
        self.args = {"cloud": options["cloud"]}
        self.sites, self.regions = sites, regions
        self.located = {host: {"kind": "dns_record", "name": f"{host}.", "zone": options["zone"], "type": "A"}
                        for host in options["hosts"]}  # fmt: skip
        keyed = [{**resource, "key": host} for host, resource in self.located.items()]
        self.bodies = run_info(cloud_settings(self.args), {"resources": keyed, "permissions": []})["live"]
        self.live = {host: preference_in(host, self.bodies[host], sites) for host in options["hosts"]}

    def prefer(self, preferences: Mapping[str, Preference], check: bool = False) -> dict[str, Any]:
        """Change records, or say what would change; the result has ``changed`` and ``diff``."""
        resources = [
            {
                **self.located[host],
                "ttl": self.bodies[host]["ttl"],
                "routingPolicy": routing_policy(preference, self.bodies[host], self.sites, self.regions),
            }
            for host, preference in preferences.items()
        ]
        return run_stack(
            {**STACK, **self.args, "resources": resources, "timeout": TIMEOUT, "parallel": len(resources)}, check
        )
