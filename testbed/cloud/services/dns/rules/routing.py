"""Routing policies: what Cloud DNS accepts. https://cloud.google.com/dns/docs/policies-overview"""

from __future__ import annotations

from typing import Any

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.regions import REGIONS
from testbed.cloud.services.compute.urls import path_of
from testbed.cloud.services.dns.rules.names import is_data

TYPES = ("A", "AAAA", "CNAME", "MX", "SRV", "TXT")
POLICIES = ("geo", "wrr", "primaryBackup")
BALANCERS = frozenset({"regionalL4ilb", "regionalL7ilb", "globalL7ilb"})
FOR_HEALTH = ("HTTP", "HTTPS", "TCP")


def _refuse(field: str, value: object, rule: str) -> ApiError:
    return invalid(f"Invalid value for '{field}': '{value}'. {rule}")


def check(call: Call, zone: Body, kind: str, policy: Body, field: str) -> None:
    """400 for a policy that Cloud DNS would refuse."""
    if kind not in TYPES:
        raise _refuse(f"{field}.routingPolicy", kind, "Routing policies are not supported for this record type.")
    chosen = [name for name in POLICIES if policy.get(name)]
    if len(chosen) != 1:
        raise _refuse(f"{field}.routingPolicy", chosen, f"Exactly one of {', '.join(POLICIES)} must be specified.")
    at = f"{field}.routingPolicy.{chosen[0]}"
    checker = _Targets(call, zone, kind, policy)
    if chosen[0] == "geo":
        _geo(checker, policy["geo"], at)
    elif chosen[0] == "wrr":
        _wrr(checker, policy["wrr"], at)
    else:
        _failover(checker, policy["primaryBackup"], at)
    checker.finish(f"{field}.routingPolicy")


def _geo(checker: _Targets, geo: Body, field: str) -> None:
    items = geo.get("items") or []
    if not items:
        raise _refuse(f"{field}.items", "", "A geolocation policy needs at least one item.")
    seen: set[str] = set()
    for index, item in enumerate(items):
        at = f"{field}.items[{index}]"
        location = str(item.get("location") or "")
        if location not in REGIONS:
            raise _refuse(f"{at}.location", location, "It must be a Google Cloud region.")
        if location in seen:
            raise _refuse(f"{at}.location", location, "Duplicate geo locations are not allowed.")
        seen.add(location)
        checker.item(item, at)


def _wrr(checker: _Targets, wrr: Body, field: str) -> None:
    items = wrr.get("items") or []
    if not items:
        raise _refuse(f"{field}.items", "", "A weighted policy needs at least one item.")
    for index, item in enumerate(items):
        at = f"{field}.items[{index}]"
        if float(item.get("weight", 0)) < 0 or "weight" not in item:
            raise _refuse(f"{at}.weight", item.get("weight", ""), "A weight of zero or more must be specified.")
        checker.item(item, at)


def _failover(checker: _Targets, policy: Body, field: str) -> None:
    trickle = float(policy.get("trickleTraffic") or 0)
    if not 0 <= trickle <= 1:
        raise _refuse(f"{field}.trickleTraffic", trickle, "Must be between 0 and 1, inclusive.")
    checker.targets(policy.get("primaryTargets") or {}, f"{field}.primaryTargets")
    backup = policy.get("backupGeoTargets") or {}
    if not backup.get("items"):
        raise _refuse(f"{field}.backupGeoTargets", "", "A failover policy needs backup targets.")
    _geo(checker, backup, f"{field}.backupGeoTargets")


class _Targets:
    """Checks targets, and that one policy does not mix kinds of them."""

    def __init__(self, call: Call, zone: Body, kind: str, policy: Body) -> None:
        self.call = call
        self.private = zone.get("visibility") == "private"
        self.kind = kind
        self.health_check = policy.get("healthCheck")
        self.plain = 0
        self.external = 0

    def item(self, item: Body, field: str) -> None:
        """One weighted or geo item: rrdatas or health-checked targets."""
        if item.get("rrdatas"):
            self.plain += 1
            for text in item["rrdatas"]:
                if not is_data(self.kind, text):
                    raise _refuse(f"{field}.rrdatas", text, f"It is not record data of type {self.kind}.")
        if item.get("healthCheckedTargets"):
            self.targets(item["healthCheckedTargets"], f"{field}.healthCheckedTargets")
        if not item.get("rrdatas") and not item.get("healthCheckedTargets"):
            raise _refuse(field, "", "Either rrdatas or healthCheckedTargets must be specified.")

    def targets(self, targets: Body, field: str) -> None:
        """Health-checked targets: external addresses or internal load balancers, not both."""
        external = targets.get("externalEndpoints") or []
        internal = targets.get("internalLoadBalancers") or []
        if bool(external) == bool(internal):
            raise _refuse(field, "", "Exactly one of internalLoadBalancers and externalEndpoints must be specified.")
        if self.kind not in ("A", "AAAA"):
            raise _refuse(field, self.kind, "Health-checked targets are supported for A and AAAA records only.")
        for text in external:
            self.external += 1
            if not is_data(self.kind, text):
                raise _refuse(f"{field}.externalEndpoints", text, f"It is not an address of type {self.kind}.")
        for balancer in internal:
            self._balancer(balancer, f"{field}.internalLoadBalancers")

    def _balancer(self, balancer: Body, field: str) -> None:
        if not self.private:
            raise _refuse(field, balancer.get("ipAddress", ""), "Internal load balancers need a private zone.")
        if balancer.get("loadBalancerType") not in BALANCERS:
            raise _refuse(
                f"{field}.loadBalancerType",
                balancer.get("loadBalancerType", ""),
                f"Must be one of {', '.join(sorted(BALANCERS))}: external load balancers go in externalEndpoints.",
            )
        for name in ("ipAddress", "port", "networkUrl", "project"):
            if not balancer.get(name):
                raise _refuse(f"{field}.{name}", "", "It must be specified.")

    def finish(self, field: str) -> None:
        """Rules about the policy as a whole."""
        # Recorded: weighted plain data beside internal load balancers is taken.
        if self.plain and self.external:
            raise _refuse(field, "", "Health-checked and not health-checked targets can't be mixed in one policy.")
        if self.external and not self.health_check:
            raise _refuse(f"{field}.healthCheck", "", "External endpoints need a health check.")
        if self.health_check and not self.external:
            raise _refuse(
                f"{field}.healthCheck",
                self.health_check,
                "It may be specified with external endpoints only.",
            )
        if self.health_check:
            health_check(self.call, str(self.health_check), f"{field}.healthCheck")


def health_check(call: Call, value: str, field: str) -> dict[str, Any]:
    """The global health check for DNS that a policy names; 400 when it is missing or of the wrong kind."""
    path = path_of(value) or ""
    parts = path.split("/")
    if len(parts) != 5 or parts[0] != "projects" or parts[2:4] != ["global", "healthChecks"]:
        raise _refuse(field, value, "It must be the URL of a global health check.")
    found = call.store.get(f"compute/{path}")
    if found is None or call.operations.pending_on(found.key):
        raise _refuse(field, value, "The health check does not exist.")
    body = found.body
    if len(body.get("sourceRegions") or []) != 3:
        raise _refuse(field, value, "Health checks for DNS need exactly 3 source regions.")
    if body["type"] not in FOR_HEALTH:
        raise _refuse(field, value, "Health checks for DNS must be HTTP, HTTPS or TCP.")
    return body
