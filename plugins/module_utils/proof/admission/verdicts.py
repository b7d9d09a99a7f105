# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verdicts on what the API server said to the table, and to what runs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import OPTIONAL, Case
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.rules import PREFIX, Rule
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement

# ValidatingAdmissionPolicy 'pingpong-x' with binding 'pingpong-x' denied request: x: why
REFUSAL = re.compile(rf"ValidatingAdmissionPolicy '{PREFIX}(?P<rule>[\w-]+)' with binding '[^']+' denied request: ")
# admission webhook "vpol.validate.kyverno.svc-fail" denied the request: Policy pingpong-x failed: x: why; Policy …
KYVERNO = re.compile(r'admission webhook "vpol\.validate\.kyverno\.svc[^"]*" denied the request: (?P<said>(?s:.*))')
FAILED = re.compile(rf"\bPolicy {PREFIX}(?P<rule>[\w-]+) failed: (?P=rule): ")


def refused_by(message: str) -> str:
    """The name of the rule that refused a request, the first of several by name; empty for none of ours."""
    if said := KYVERNO.search(message):
        return min((found["rule"] for found in FAILED.finditer(said["said"])), default="")
    found = REFUSAL.search(message)
    return found["rule"] if found else ""


def judge_case(case: Case, message: str) -> Judgement:
    """Whether the rule answered one of its cases as it must; ``message`` is the refusal, empty for an admission.

    What else the API server refuses it refuses before it asks ours.
    """
    rule = refused_by(message)
    if not message:
        return (
            Judgement("fail", "admitted", "the rule must refuse it")
            if case.refused
            else Judgement("pass", "admitted", "")
        )
    if not rule:
        return Judgement("inconclusive", "refused", f"not by an admission rule of ours: {message}")
    if rule == case.rule and case.refused:
        return Judgement("pass", f"refused by {rule}", "")
    reason = "another rule refused it" if case.refused else "every rule must admit it"
    return Judgement("fail", f"refused by {rule}", f"{reason}: {message}")


def judge_live(message: str) -> Judgement:
    """Whether an object that is there would be admitted today."""
    rule = refused_by(message)
    if not message:
        return Judgement("pass", "admitted", "")
    if not rule:
        return Judgement("inconclusive", "refused", f"not by an admission rule of ours: {message}")
    return Judgement("fail", f"refused by {rule}", f"it was there before the rule: {message}")


def judge_presence(name: str, rules: Iterable[Rule]) -> Judgement:
    """Whether a rule of the table is in force, and refuses."""
    found = next((rule for rule in rules if rule.name == name), None)
    if found is None and name in OPTIONAL:
        return Judgement("pass", "not asked for", "the inventory asks for no such rule")
    if found is None:
        return Judgement("fail", "missing", "no policy has this rule")
    if found.lacks:
        return Judgement("fail", "not in force", found.lacks)
    if not found.denies:
        return Judgement("pass", "not enforced", "its declared action refuses nothing")
    return Judgement("pass", "in force", "")
