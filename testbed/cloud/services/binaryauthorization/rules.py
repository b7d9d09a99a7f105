"""What a policy must say, and which images it admits. Source: binaryauthorization.v1.json, Policy."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body
from testbed.cloud.core.protocol.errors import invalid

ENFORCED = "ENFORCED_BLOCK_AND_AUDIT_LOG"
DEFAULT: Body = {
    "globalPolicyEvaluationMode": "ENABLE",
    "defaultAdmissionRule": {"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": ENFORCED},
}
MAPS = tuple(
    f"{name}AdmissionRules"
    for name in ("cluster", "kubernetesNamespace", "kubernetesServiceAccount", "istioServiceIdentity")
)
CLUSTER = re.compile(r"[a-z]+-[a-z]+[0-9]+(?:-[a-z])?\.[a-z][a-z0-9-]{0,38}[a-z0-9]")
# What GKE brings is on the nodes here, under names that no registry serves.
SYSTEM_IMAGES = "localhost/"
# A wildcard only at the end, and not in the registry's name.
PATTERN = re.compile(r"[^*/]+/(?:[^*]*)(?:\*{1,2})?")


def check(policy: Body) -> None:
    """Raise 400 for a policy that is malformed."""
    if not policy.get("defaultAdmissionRule"):
        raise invalid("Policy.default_admission_rule is required.")
    if len([name for name in MAPS if policy.get(name)]) > 1:
        raise invalid("Only one of the maps of admission rules can be non-empty.")
    for cluster in policy.get("clusterAdmissionRules") or {}:
        if not CLUSTER.fullmatch(cluster):
            raise invalid(f"The cluster spec '{cluster}' is not of the form location.clusterId.")
    rules = [policy["defaultAdmissionRule"], *(rule for name in MAPS for rule in (policy.get(name) or {}).values())]
    for rule in rules:
        _rule(rule)
    for item in policy.get("admissionWhitelistPatterns") or ():
        if not PATTERN.fullmatch(item.get("namePattern") or ""):
            raise invalid(f"The name pattern '{item.get('namePattern')}' is invalid.")


def _rule(rule: Body) -> None:
    if not rule.get("evaluationMode") or not rule.get("enforcementMode"):
        raise invalid("AdmissionRule.evaluation_mode and enforcement_mode are required.")
    if (rule["evaluationMode"] == "REQUIRE_ATTESTATION") != bool(rule.get("requireAttestationsBy")):
        raise invalid("AdmissionRule.require_attestations_by is required for REQUIRE_ATTESTATION, and for no other.")


def refusal(policy: Body, cluster: str, image: str) -> str:
    """Why a pod of a cluster (location.clusterId) may not run an image, in Google's words; empty when it may.

    https://cloud.google.com/binary-authorization/docs/deploying-containers
    """
    if policy.get("globalPolicyEvaluationMode") == "ENABLE" and image.startswith(SYSTEM_IMAGES):
        return ""
    if any(_matches(item["namePattern"], image) for item in policy.get("admissionWhitelistPatterns") or ()):
        return ""
    clusters: dict[str, Body] = policy.get("clusterAdmissionRules") or {}
    rule = clusters[cluster] if cluster in clusters else policy["defaultAdmissionRule"]
    if rule["evaluationMode"] == "ALWAYS_ALLOW" or rule["enforcementMode"] == "DRYRUN_AUDIT_LOG_ONLY":
        return ""
    whose = f"cluster admission rule for {cluster}" if cluster in clusters else "default admission rule"
    said = "Denied by always_deny admission rule"
    if rule["evaluationMode"] == "REQUIRE_ATTESTATION":
        who = ", ".join(rule["requireAttestationsBy"])
        said = f"Denied by {who}: No attestations found that were valid and signed by a key trusted by the attestor"
    return f"Image {image} denied by Binary Authorization {whose}. {said}"


def _matches(pattern: str, image: str) -> bool:
    """``**`` matches what is below, ``*`` one part of a path; without either the whole name."""
    if pattern.endswith("**"):
        return image.startswith(pattern[:-2])
    if pattern.endswith("*"):
        rest = image.removeprefix(pattern[:-1])
        return rest != image and "/" not in rest
    return image == pattern
