"""What Secret Manager accepts of a secret."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.core.protocol.values import utc_time
from testbed.cloud.core.regions import REGIONS

ID = r"[A-Za-z0-9_-]{1,255}"
MUTABLE = frozenset({"labels", "annotations", "topics", "expireTime", "ttl", "rotation", "versionAliases", "tags",
                     "versionDestroyTtl", "etag"})  # fmt: skip


def check(sent: Body) -> None:
    masks.check_labels(sent.get("labels"))
    if sent.get("ttl") and sent.get("expireTime"):
        raise invalid("Only one of ttl and expire_time can be set.")
    rotation = sent.get("rotation")
    if rotation and not sent.get("topics"):
        raise invalid("The secret must have at least one topic to set rotation.")
    if rotation and rotation.get("rotationPeriod") and not rotation.get("nextRotationTime"):
        raise invalid("rotation.next_rotation_time must be set if rotation_period is set.")


def replication(sent: Body) -> None:
    replication = sent.get("replication") or {}
    chosen = [name for name in ("automatic", "userManaged") if replication.get(name) is not None]
    if len(chosen) != 1:
        raise invalid("Secret.replication must be set to exactly one of automatic and user_managed.")
    if chosen == ["userManaged"]:
        replicas = [item.get("location") for item in replication["userManaged"].get("replicas") or []]
        if not replicas or len(set(replicas)) != len(replicas):
            raise invalid("Secret.replication.user_managed.replicas must name one or more different locations.")
        for location in replicas:
            if location not in REGIONS:
                raise invalid(f"Location '{location}' is not supported by Secret Manager.")


def expiry(call: Call, sent: Body) -> Body:
    """A time to live is answered as the time of expiry."""
    life = sent.pop("ttl", None)
    return {"expireTime": utc_time(call.now + float(str(life).removesuffix("s")))} if life else {}
