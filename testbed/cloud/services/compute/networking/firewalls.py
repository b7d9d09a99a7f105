"""VPC firewall rules."""

from __future__ import annotations

import ipaddress
import re

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register
from testbed.cloud.services.compute.urls import resolve

PROTOCOLS = frozenset({"tcp", "udp", "icmp", "esp", "ah", "ipip", "sctp", "all"})
TAG = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def _prepare(call: Call, body: Body) -> None:
    body["network"] = resolve(call, body.get("network") or "global/networks/default", "resource.network", "networks")
    body.setdefault("direction", "INGRESS")
    body.setdefault("priority", 1000)
    body.setdefault("disabled", False)
    body.setdefault("description", "")
    body["logConfig"] = {"enable": False} | body.get("logConfig", {})
    if body["logConfig"].get("metadata") and not body["logConfig"]["enable"]:
        raise _refuse("logConfig.metadata", body["logConfig"]["metadata"], "Logging must be enabled to specify it.")
    if body["direction"] == "INGRESS" and not any(
        body.get(field) for field in ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    ):
        body["sourceRanges"] = ["0.0.0.0/0"]
    if body["direction"] == "EGRESS" and not body.get("destinationRanges"):
        body["destinationRanges"] = ["0.0.0.0/0"]
    _check(call, {}, body)


def _refuse(field: str, value: object, rule: str) -> Exception:
    return invalid(f"Invalid value for field 'resource.{field}': '{value}'. {rule}")


def _check(_call: Call, _old: Body, body: Body) -> None:
    if bool(body.get("allowed")) == bool(body.get("denied")):
        raise _refuse("allowed", "", "Firewall rules must have exactly one of 'allowed' or 'denied' with entries.")
    if not 0 <= int(body["priority"]) <= 65535:
        raise _refuse("priority", body["priority"], "Must be between 0 and 65535, inclusive.")
    wrong = (
        ("destinationRanges",)
        if body["direction"] == "INGRESS"
        else ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    )
    if body["direction"] == "EGRESS" and any(body.get(field) for field in wrong):
        field = next(field for field in wrong if body.get(field))
        raise _refuse(field, body[field], "Sources can't be specified for an EGRESS firewall rule.")
    accounts = any(body.get(field) for field in ("sourceServiceAccounts", "targetServiceAccounts"))
    if accounts and any(body.get(field) for field in ("sourceTags", "targetTags")):
        raise _refuse("targetServiceAccounts", "", "Service accounts and tags can't be mixed in one firewall rule.")
    _check_rules(body)
    _check_ranges(body)
    for field in ("sourceTags", "targetTags"):
        for index, tag in enumerate(body.get(field, [])):
            if not TAG.fullmatch(tag):
                raise _refuse(f"{field}[{index}]", tag, f"Must be a match of regex '{TAG.pattern}'")


def _change(call: Call, old: Body, body: Body) -> None:
    if not (body.get("logConfig") or {}).get("enable"):
        body["logConfig"] = {"enable": False}
    _check(call, old, body)


def _check_rules(body: Body) -> None:
    for field in ("allowed", "denied"):
        for index, rule in enumerate(body.get(field, [])):
            protocol = str(rule.get("IPProtocol", "")).lower()
            at = f"{field}[{index}]"
            if protocol not in PROTOCOLS and not (protocol.isdigit() and int(protocol) < 256):
                raise _refuse(f"{at}.IPProtocol", rule.get("IPProtocol", ""), "Invalid protocol.")
            rule["IPProtocol"] = protocol
            if rule.get("ports") and protocol not in ("tcp", "udp", "sctp", "6", "17", "132"):
                raise _refuse(f"{at}.ports[0]", rule["ports"][0], f"Protocol {protocol} does not take ports.")
            for number, text in enumerate(rule.get("ports", [])):
                found = PORTS.fullmatch(text)
                ends = [int(end) for end in found.groups() if end] if found else []
                if not ends or max(ends) > 65535 or ends[0] > ends[-1]:
                    raise _refuse(f"{at}.ports[{number}]", text, "Ports must be an integer or a range like 80-90.")


def _check_ranges(body: Body) -> None:
    for field in ("sourceRanges", "destinationRanges"):
        for index, text in enumerate(body.get(field, [])):
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise _refuse(f"{field}[{index}]", text, "Must be a valid CIDR address range.") from error


FIREWALL = Kind(
    plural="firewalls",
    singular="firewall",
    schema="Firewall",
    scope="global",
    quota="FIREWALLS",
    mutable=frozenset(
        {
            "allowed",
            "denied",
            "description",
            "destinationRanges",
            "disabled",
            "logConfig",
            "priority",
            "sourceRanges",
            "sourceServiceAccounts",
            "sourceTags",
            "targetServiceAccounts",
            "targetTags",
        }
    ),
    prepare=_prepare,
    change=_change,
)
register(FIREWALL)
