# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what records prefer to what they are to prefer, one step at a time: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import dns_answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Site
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import Preference


def preference_in(host: str, record: Mapping[str, Any] | None, sites: Sequence[Site]) -> Preference:
    """What a live record prefers; a PlatformError where it is not one that fails over between these sites."""
    if record is None:
        raise PlatformError(f"record {host}: it does not exist; the playbook base makes it")
    policy = (record.get("routingPolicy") or {}).get("primaryBackup")
    if not policy:
        raise PlatformError(f"record {host}: found no failover policy, expected one, as the playbook base makes it")
    found = list((policy.get("primaryTargets") or {}).get("externalEndpoints") or [])
    site = next((site for site in sites if [site.address] == found), None)
    if site is None:
        known = ", ".join(f"{site.name} {site.address}" for site in sites)
        raise PlatformError(
            f"record {host}: found the primary {', '.join(found) or 'nothing'}, expected one of {known}"
        )
    return Preference(site.name, float(policy.get("trickleTraffic") or 0.0))


def steps_to(live: Mapping[str, Preference], target: str, shares: Sequence[float]) -> list[dict[str, Preference]]:
    """The changes, in order; each has the hosts that change. Empty when all prefer the target and nothing else.

    A host that an earlier run left halfway has fewer steps before it, and waits for the others to come as far.
    """
    paths = {host: _path(preference, target, shares) for host, preference in live.items()}
    longest = max(map(len, paths.values()), default=0)
    return [{host: path[-left] for host, path in paths.items() if len(path) >= left} for left in range(longest, 0, -1)]


def _path(live: Preference, target: str, shares: Sequence[float]) -> list[Preference]:
    final = Preference(target)
    if live == final:
        return []
    # Where the target is preferred already, others are merely named as well.
    between = [] if live.primary == target else [share for share in sorted(shares) if share > live.trickle]
    return [*(Preference(live.primary, share) for share in between), final]


def routing_policy(
    preference: Preference, live: Mapping[str, Any], sites: Sequence[Site], regions: Mapping[str, str]
) -> dict[str, Any]:
    """The routing policy that prefers so: what the role ``edge`` declares, with the health check of the live record."""
    addresses = {site.name: site.address for site in sites}
    answer = dns_answer(regions, name="", primary=preference.primary, targets=addresses, trickle=preference.trickle)
    return {**answer["routingPolicy"], "healthCheck": live["routingPolicy"]["healthCheck"]}
