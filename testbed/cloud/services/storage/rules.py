"""What Cloud Storage accepts of a bucket, and what it fills in."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.core.protocol.values import utc_time

# https://cloud.google.com/storage/docs/buckets#naming
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
LOCATIONS = {"US": "multi-region", "EU": "multi-region", "ASIA": "multi-region", "EUR4": "dual-region",
             "NAM4": "dual-region"}  # fmt: skip
IMMUTABLE = ("name", "location", "locationType", "projectNumber", "customPlacementConfig")


def complete(call: Call, body: Body) -> None:
    """The two names of uniform access say the same, and what is switched off is not there."""
    config = {"publicAccessPrevention": "inherited"} | (body.get("iamConfiguration") or {})
    uniform = dict(config.get("uniformBucketLevelAccess") or {"enabled": False})
    if uniform["enabled"]:
        uniform.setdefault("lockedTime", utc_time(call.now + 90 * 86400))
    config["uniformBucketLevelAccess"] = uniform
    config["bucketPolicyOnly"] = uniform
    body["iamConfiguration"] = config
    _autoclass(call, body)
    if not (body.get("lifecycle") or {}).get("rule"):
        body.pop("lifecycle", None)
    if str((body.get("softDeletePolicy") or {}).get("retentionDurationSeconds")) == "0":
        body["softDeletePolicy"] = {"retentionDurationSeconds": "0"}
    elif "softDeletePolicy" in body:
        body["softDeletePolicy"].setdefault("effectiveTime", utc_time(call.now))


def check(sent: Body) -> None:
    masks.check_labels(sent.get("labels"))
    for index, rule in enumerate((sent.get("lifecycle") or {}).get("rule") or []):
        if not (rule.get("action") or {}).get("type") or not rule.get("condition"):
            raise invalid(f"Invalid argument: lifecycle rule {index} needs an action and a condition.")
    uniform = ((sent.get("iamConfiguration") or {}).get("uniformBucketLevelAccess") or {}).get("enabled")
    if uniform and (sent.get("acl") or sent.get("defaultObjectAcl")):
        raise invalid("Cannot use ACL API to set bucket policy when uniform bucket-level access is enabled.")


def _autoclass(call: Call, body: Body) -> None:
    """With Autoclass on, a bucket's own class is STANDARD, and what was asked for is where objects end up.

    https://cloud.google.com/storage/docs/autoclass ; recorded from Google.
    """
    config = body.get("autoclass")
    if not config:
        return
    config.setdefault("toggleTime", utc_time(call.now))
    if not config.get("enabled"):
        body["autoclass"] = {"enabled": False, "toggleTime": config["toggleTime"]}
        return
    asked = body.get("storageClass")
    config.setdefault("terminalStorageClass", asked if asked in ("NEARLINE", "ARCHIVE") else "NEARLINE")
    config.setdefault("terminalStorageClassUpdateTime", config["toggleTime"])
    body["storageClass"] = "STANDARD"
