# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What stands before the clusters: Cloud Armor's rules, the health check that DNS fails over by, and the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Body = dict[str, Any]

# The priority of the rule that Google makes last in every policy.
_LAST = 2147483647
_EVERYBODY = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}


def waf_rules(
    rule_sets: Sequence[str], *, preview: bool = False, rate_limit: int = 0, sensitivity: int = 1
) -> list[Body]:
    """The rules of a Cloud Armor policy: what each preconfigured rule set matches is denied, the rest limited.

    rule_sets: names such as sqli-v33-stable.
    preview: matches are logged and let through.
    rate_limit: requests a minute for each client's address; 0 for no limit.
    sensitivity: the paranoia level of the rule sets, 1 to 4. Without it Google takes 4, at which a browser's own
    User-Agent is refused by rce-v33-stable.
    """
    denied = [
        {
            "priority": 1000 + place * 10,
            "action": "deny(403)",
            "preview": preview,
            "description": name,
            "match": {"expr": {"expression": f"evaluatePreconfiguredWaf('{name}', {{'sensitivity': {sensitivity}}})"}},
        }
        for place, name in enumerate(rule_sets)
    ]
    limited = {
        "priority": 2000,
        "action": "throttle",
        "description": f"{rate_limit} requests a minute for each client",
        "match": _EVERYBODY,
        "rateLimitOptions": {
            "conformAction": "allow",
            "exceedAction": "deny(429)",
            "enforceOnKey": "IP",
            "rateLimitThreshold": {"count": rate_limit, "intervalSec": 60},
        },
    }
    rest = {"priority": _LAST, "action": "allow", "description": "what nothing above refuses", "match": _EVERYBODY}
    return [*denied, *([limited] if rate_limit else []), rest]


def dns_health_check(check: Mapping[str, Any], *, host: str, regions: Sequence[str]) -> Body:
    """The fields of a health check for DNS.

    Only for DNS: one with source regions can't be shared with a backend service (compute v1, sourceRegions).

    check: type (HTTP, HTTPS or TCP), port, path, interval and timeout in seconds, healthy and unhealthy as counts.
    host: the name that the request asks for.
    """
    request = {"port": check["port"]}
    if check["type"] != "TCP":
        request |= {"requestPath": check["path"], "host": host}
    return {
        "type": check["type"],
        "checkIntervalSec": check["interval"],
        "timeoutSec": check["timeout"],
        "healthyThreshold": check["healthy"],
        "unhealthyThreshold": check["unhealthy"],
        "sourceRegions": list(regions),
        f"{check['type'].lower()}HealthCheck": request,
    }


def dns_answer(
    regions: Mapping[str, str], *, name: str, primary: str, targets: Mapping[str, str] | None = None, trickle: float = 0
) -> Body:
    """What a host name is answered with: the primary's address, and the others' while the primary is unhealthy.

    regions: of every cluster, by its host.
    name: of the edge, whose addresses and health check are referred to in the stack that makes them.
    primary: the host of the cluster that serves as long as it is healthy.
    targets: addresses by hosts, instead of the edge's own.
    trickle: the share of clients that is sent to the others at all times.
    """
    addresses = {host: f"${{address/{name}-{host}:address}}" for host in regions} | dict(targets or {})
    others = [host for host in regions if host != primary]
    if not others:
        return {"rrdatas": [addresses[primary]]}
    backup = [
        {"location": regions[host], "healthCheckedTargets": {"externalEndpoints": [addresses[host]]}} for host in others
    ]
    return {
        "routingPolicy": {
            "healthCheck": f"${{health_check/{name}-dns:selfLink}}",
            "primaryBackup": {
                "trickleTraffic": trickle,
                "primaryTargets": {"externalEndpoints": [addresses[primary]]},
                "backupGeoTargets": {"items": backup},
            },
        }
    }
