"""Cloud Armor: security policies, global and regional, and their rules."""

from __future__ import annotations

import copy
import ipaddress
import re
from dataclasses import replace as varied

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.patches import merge
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register, replace
from testbed.cloud.services.compute.state import find
from testbed.cloud.services.compute.urls import require_ready

DEFAULT_PRIORITY = 2147483647
ACTIONS = re.compile(r"allow|deny\((403|404|502)\)|throttle|rate_based_ban")
# https://cloud.google.com/armor/docs/waf-rules: the rule sets, each -stable or -canary.
RULE_SETS = re.compile(
    r"(sqli|xss|lfi|rfi|rce|methodenforcement|scannerdetection|protocolattack|php|sessionfixation|java|nodejs)"
    r"-v33-(stable|canary)|(cve-canary|json-sqli-canary)"
)
WAF = re.compile(r"evaluatePreconfigured(?:Waf|Expr)\(\s*'([^']*)'")
MAX_RANGES = 10


def _refuse(field: str, value: object, rule: str) -> ApiError:
    return invalid(f"Invalid value for field 'resource.{field}': '{value}'. {rule}")


def _default_rule() -> Body:
    return {
        "action": "allow",
        "priority": DEFAULT_PRIORITY,
        "description": "default rule",
        "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
    }


def complete_rule(rule: Body, field: str) -> Body:
    """A rule checked and with its defaults."""
    priority = rule.get("priority")
    if priority is None or not 0 <= int(priority) <= DEFAULT_PRIORITY:
        raise _refuse(f"{field}.priority", priority, f"Must be between 0 and {DEFAULT_PRIORITY}, inclusive.")
    if not ACTIONS.fullmatch(str(rule.get("action", ""))):
        raise _refuse(
            f"{field}.action",
            rule.get("action", ""),
            "Must be one of allow, deny(403), deny(404), deny(502), throttle, rate_based_ban.",
        )
    _match(rule.get("match") or {}, f"{field}.match")
    limited = rule["action"] in ("throttle", "rate_based_ban")
    if limited != bool(rule.get("rateLimitOptions")):
        raise _refuse(
            f"{field}.rateLimitOptions", "", "It must be specified if and only if the action limits the rate."
        )
    return {"kind": "compute#securityPolicyRule", "description": "", "preview": False, **rule}


def _match(match: Body, field: str) -> None:
    expression = (match.get("expr") or {}).get("expression")
    if bool(match.get("versionedExpr")) == bool(expression):
        raise _refuse(field, "", "Exactly one of versionedExpr and expr.expression must be specified.")
    if match.get("versionedExpr"):
        ranges = (match.get("config") or {}).get("srcIpRanges") or []
        if not 1 <= len(ranges) <= MAX_RANGES:
            raise _refuse(f"{field}.config.srcIpRanges", ranges, f"Must have 1 to {MAX_RANGES} ranges.")
        for text in ranges:
            try:
                if text != "*":
                    ipaddress.ip_network(text)
            except ValueError as error:
                raise _refuse(f"{field}.config.srcIpRanges", text, "Must be a valid IP range or '*'.") from error
        return
    _expression(str(expression), f"{field}.expr.expression")


def _expression(text: str, field: str) -> None:
    """The outer shape of Cloud Armor's language: balanced, not too long, known rule sets."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)
    depth = 0
    for character in bare:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    if depth or bare.replace("''", "").count("'") or bare.count('"') or len(text) > 2048 or not text.strip():
        raise _refuse(field, text, "The expression is malformed.")
    for name in WAF.findall(text):
        if not RULE_SETS.fullmatch(name):
            raise _refuse(field, text, f"'{name}' is not a preconfigured rule set.")
    if len(re.findall(r"&&|\|\|", bare)) > 4:
        raise _refuse(field, text, "An expression can have at most 5 subexpressions.")


def _prepare(call: Call, body: Body) -> None:
    """compute.v1.json, SecurityPolicy.type"""
    regional = "region" in call.path
    types = ("CLOUD_ARMOR", "CLOUD_ARMOR_NETWORK" if regional else "CLOUD_ARMOR_EDGE")
    if body.setdefault("type", "CLOUD_ARMOR") not in types:
        scope = "regional" if regional else "global"
        raise _refuse("type", body["type"], f"A {scope} policy is {' or '.join(types)}.")
    if regional and body.get("adaptiveProtectionConfig"):
        raise _refuse("adaptiveProtectionConfig", "", "It is not supported by regional security policies.")
    body.setdefault("description", "")
    _complete_rules(body)


def _complete_rules(body: Body) -> None:
    rules = [complete_rule(rule, f"rules[{index}]") for index, rule in enumerate(body.get("rules", []))]
    priorities = [rule["priority"] for rule in rules]
    for priority in priorities:
        if priorities.count(priority) > 1:
            raise _refuse("rules", priority, "Two rules can't have the same priority.")
    if DEFAULT_PRIORITY not in priorities:
        rules.append(complete_rule(_default_rule(), "rules"))
    body["rules"] = sorted(rules, key=lambda rule: int(rule["priority"]))


def _change(_call: Call, _old: Body, new: Body) -> None:
    _complete_rules(new)


REGION_POLICY = Kind(
    plural="regionSecurityPolicies",
    singular="securityPolicy",
    schema="SecurityPolicy",
    scope="region",
    collection="securityPolicies",
    quota="SECURITY_POLICIES",
    fingerprint=True,
    labels=True,
    mutable=frozenset({"description", "advancedOptionsConfig", "ddosProtectionConfig", "userDefinedFields", "rules"}),
    prepare=_prepare,
    change=_change,
)
POLICY = varied(
    REGION_POLICY,
    plural="securityPolicies",
    scope="global",
    mutable=REGION_POLICY.mutable | {"adaptiveProtectionConfig"},
)
register(REGION_POLICY)
register(POLICY)


def _kind(call: Call) -> Kind:
    return REGION_POLICY if "region" in call.path else POLICY


def _index(body: Body, priority: object) -> int:
    for index, rule in enumerate(body["rules"]):
        if str(rule["priority"]) == str(priority):
            return index
    raise invalid(
        f"Invalid value for field 'priority': '{priority}'. The security policy does not contain a rule at priority "
        f"{priority}."
    )


@serves("compute.securityPolicies.getRule", "compute.regionSecurityPolicies.getRule")
def get_rule(call: Call) -> Body:
    """The rule of a priority."""
    body = find(call, _kind(call)).body
    return dict(body["rules"][_index(body, call.query.get("priority", 0))])


@serves("compute.securityPolicies.addRule", "compute.regionSecurityPolicies.addRule")
def add_rule(call: Call) -> Body:
    """Add a rule; its priority must be free."""
    resource = find(call, _kind(call))
    require_ready(call, resource.key)
    rule = complete_rule(call.checker.writable("SecurityPolicyRule", call.body), "rule")
    new = copy.deepcopy(resource.body)
    if any(item["priority"] == rule["priority"] for item in new["rules"]):
        raise _refuse("priority", rule["priority"], "Cannot have rules with the same priorities.")
    if call.query.get("validateOnly"):
        raise ApiError(501, "validateOnly is not served locally.")
    new["rules"] = sorted([*new["rules"], rule], key=lambda item: int(item["priority"]))
    return replace(call, _kind(call), resource, new, "addRule")


@serves("compute.securityPolicies.patchRule", "compute.regionSecurityPolicies.patchRule")
def patch_rule(call: Call) -> Body:
    """Change the rule of a priority."""
    resource = find(call, _kind(call))
    require_ready(call, resource.key)
    new = copy.deepcopy(resource.body)
    index = _index(new, call.query.get("priority", 0))
    sent = call.checker.writable("SecurityPolicyRule", call.body)
    changed = merge(new["rules"][index], {name: value for name, value in sent.items() if name != "match"})
    if "match" in sent:
        # A match is replaced whole: a merge of the two forms would be neither.
        changed["match"] = sent["match"]
    # What the mask names is replaced whole, and cleared where the body lacks it.
    masked = str(call.query.get("updateMask", "")).split(",")
    kept = {name: value for name, value in changed.items() if name not in masked}
    changed = kept | {name: sent[name] for name in masked if name in sent}
    new["rules"][index] = complete_rule(changed, "rule")
    new["rules"].sort(key=lambda item: int(item["priority"]))
    priorities = [rule["priority"] for rule in new["rules"]]
    if len(set(priorities)) != len(priorities):
        raise _refuse("priority", sent.get("priority"), "Cannot have rules with the same priorities.")
    return replace(call, _kind(call), resource, new, "patchRule")


@serves("compute.securityPolicies.removeRule", "compute.regionSecurityPolicies.removeRule")
def remove_rule(call: Call) -> Body:
    """Remove the rule of a priority; the default rule stays."""
    resource = find(call, _kind(call))
    require_ready(call, resource.key)
    new = copy.deepcopy(resource.body)
    index = _index(new, call.query.get("priority", 0))
    if new["rules"][index]["priority"] == DEFAULT_PRIORITY:
        raise invalid("Invalid value for field 'priority': '2147483647'. The default rule cannot be removed.")
    del new["rules"][index]
    return replace(call, _kind(call), resource, new, "removeRule")
