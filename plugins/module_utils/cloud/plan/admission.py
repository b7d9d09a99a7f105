# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project's policy of Binary Authorization: clusters and patterns merged into the live one, by etag. Pure.

A project has one, whoever its clusters are of: rules of other clusters, other patterns and the default stay.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Request, ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import FieldDiff
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource

_ENFORCED = "ENFORCED_BLOCK_AND_AUDIT_LOG"
# Nothing is admitted that no pattern, and not Google's own policy of system images, lets through.
RULE = {"evaluationMode": "ALWAYS_DENY", "enforcementMode": _ENFORCED}
# Of a project whose API is yet to be enabled; Google answers it of any other that has none.
DEFAULT: dict[str, Any] = {"defaultAdmissionRule": {"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": _ENFORCED}}
_GLOBAL = "globalPolicyEvaluationMode"


def plan(resource: Resource, live: dict[str, Any] | None, present: bool) -> ResourceChange:
    """The change that puts the desired clusters and patterns into the live policy, or takes them out."""
    policy: dict[str, Any] = live or DEFAULT
    rules = dict(policy.get("clusterAdmissionRules") or {})
    patterns = [str(item["namePattern"]) for item in policy.get("admissionWhitelistPatterns") or ()]
    diffs = []
    for cluster in resource.body["clusters"]:
        before, after = rules.pop(cluster, None), RULE if present else None
        rules |= {cluster: after} if after else {}
        diffs.append(FieldDiff(f"clusterAdmissionRules[{cluster}]", before, after, _why(present)))
    for pattern in resource.body["patterns"]:
        known = pattern if pattern in patterns else None
        diffs.append(
            FieldDiff(f"admissionWhitelistPatterns[{pattern}]", known, pattern if present else None, _why(present))
        )
    if present:
        diffs.append(FieldDiff(_GLOBAL, policy.get(_GLOBAL), "ENABLE", "does not admit Google's system images"))
    diffs = [diff for diff in diffs if diff.before != diff.after]
    if not diffs:
        return ResourceChange(resource, "none")
    others = [pattern for pattern in patterns if pattern not in resource.body["patterns"]]
    wanted = [*others, *(resource.body["patterns"] if present else [])]
    body = {
        **policy,
        **({_GLOBAL: "ENABLE"} if present else {}),
        "clusterAdmissionRules": rules,
        "admissionWhitelistPatterns": [{"namePattern": pattern} for pattern in wanted],
    }
    request = Request("PUT", resource.item, body, fields=tuple(diff.path for diff in diffs))
    return ResourceChange(resource, "update" if present else "delete", tuple(diffs), (request,))


def _why(present: bool) -> str:
    return "is missing" if present else "is to be removed"
