"""Who gets to a bastion by Identity-Aware Proxy, and what its HTTP proxy lets through: pure, over what is kept.

https://cloud.google.com/iap/docs/using-tcp-forwarding ; https://cloud.google.com/firewall/docs/firewalls ;
container.v1.json, IPEndpointsConfig ; tinyproxy.conf(5)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from testbed.cloud.core.regions import region_of

Body = Mapping[str, Any]

SOURCE = IPv4Network("35.235.240.0/20")
# https://cloud.google.com/iam/docs/roles-permissions/iap: predefined roles that carry iap.tunnelInstances.accessViaIAP
ROLES = frozenset({"roles/iap.tunnelResourceAccessor", "roles/owner"})
_FILES = re.compile(r"^cat > (\S+) <<'(\w+)'\n(.*?)^\2$", re.MULTILINE | re.DOTALL)


def admitted(instance: Body, rules: Iterable[Body], port: int) -> bool:
    """Whether the firewall lets IAP reach a port of a machine: the first rule that is about it, or nobody."""
    about = [rule for rule in rules if _applies(rule, instance) and _names(rule, port) and _from_iap(rule)]
    first = min(about, key=lambda rule: (rule["priority"], "allowed" in rule), default=None)
    return first is not None and "allowed" in first


def reaches(instance: Body, cluster: Body) -> bool:
    """Whether a machine reaches a cluster's private endpoint."""
    interface = instance["networkInterfaces"][0]
    ip = cluster["controlPlaneEndpointsConfig"]["ipEndpointsConfig"]
    region = region_of(_last(instance["zone"]))
    near = f"{cluster['location']}-".startswith(f"{region}-") or ip.get("globalAccess")
    authorized = ip["authorizedNetworksConfig"]
    enforced = authorized.get("enabled") and authorized.get("privateEndpointEnforcementEnabled")
    blocks = [IPv4Network(block["cidrBlock"]) for block in authorized.get("cidrBlocks", ())]
    address = IPv4Address(interface["networkIP"])
    return bool(
        interface["network"].endswith(f"/{cluster['networkConfig']['network']}")
        and near
        and (not enforced or any(address in block for block in blocks))
    )


@dataclass(frozen=True)
class Proxy:
    """tinyproxy, as a startup script configures it."""

    options: Mapping[str, list[str]]
    allowed: tuple[str, ...]

    def listens(self, address: str, port: int) -> bool:
        """Whether it answers at a port of this address; without ``Listen`` it does at all."""
        wanted = self.options.get("Listen")
        return str(port) in self.options.get("Port", ()) and (not wanted or address in wanted)

    def refusal(self, host: str, port: int) -> str:
        """Why it passes no connection from IAP to there on, in tinyproxy's words; empty for one that it does."""
        sources = [IPv4Network(text) for text in self.options.get("Allow", ())]
        if sources and not any(SOURCE.subnet_of(source) for source in sources):
            return "Access denied"
        if str(port) not in self.options.get("ConnectPort", [str(port)]):
            return "Access violation"
        named = any(re.search(pattern, host) for pattern in self.allowed)
        return "" if named == ("Yes" in self.options.get("FilterDefaultDeny", ())) else "Filtered"


def proxy(instance: Body) -> Proxy | None:
    """The proxy that the machine's startup script sets up, None for none."""
    items = {item["key"]: item["value"] for item in instance["metadata"].get("items", ())}
    files = {path: text for path, _unused, text in _FILES.findall(items.get("startup-script", ""))}
    options: dict[str, list[str]] = {}
    for line in files.get("/etc/tinyproxy/tinyproxy.conf", "").splitlines():
        name, _unused, value = line.partition(" ")
        options.setdefault(name, []).append(value.strip('"'))
    allowed = files.get(next(iter(options.get("Filter", ())), ""), "").split()
    return Proxy(options, tuple(allowed)) if options else None


def _applies(rule: Body, instance: Body) -> bool:
    interface, tags = instance["networkInterfaces"][0], set(instance["tags"].get("items", ()))
    accounts = {account["email"] for account in instance.get("serviceAccounts", ())}
    targets = rule.get("targetTags"), rule.get("targetServiceAccounts")
    here = [IPv4Network(text) for text in rule.get("destinationRanges", ())]
    return (
        rule["direction"] == "INGRESS"
        and not rule["disabled"]
        and rule["network"] == interface["network"]
        and (not any(targets) or bool(tags & set(targets[0] or ()) or accounts & set(targets[1] or ())))
        and (not here or any(IPv4Address(interface["networkIP"]) in block for block in here))
    )


def _from_iap(rule: Body) -> bool:
    """A rule that allows must do so for all of IAP's addresses, for a rule that denies one is enough."""
    sources = [IPv4Network(text) for text in rule.get("sourceRanges", ())]
    return any(SOURCE.subnet_of(source) if "allowed" in rule else SOURCE.overlaps(source) for source in sources)


def _names(rule: Body, port: int) -> bool:
    return any(
        entry["IPProtocol"] in ("tcp", "6", "all")
        and (not entry.get("ports") or any(_within(port, text) for text in entry["ports"]))
        for entry in rule.get("allowed") or rule["denied"]
    )


def _within(port: int, text: str) -> bool:
    first, _dash, last = text.partition("-")
    return int(first) <= port <= int(last or first)


def _last(url: str) -> str:
    return url.rpartition("/")[2]
