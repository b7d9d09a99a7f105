"""What Pub/Sub accepts of a topic. Sources: pubsub.v1.json; recorded refusals, whose words these are where quoted."""

from __future__ import annotations

import re
from typing import Any

from testbed.cloud.core.call import Body
from testbed.cloud.core.protocol import masks
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.core.protocol.schema import camel, snake
from testbed.cloud.core.regions import REGIONS

# https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names
NAME = re.compile(r"projects/[^/]+/topics/(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
RETENTION = (600, 31 * 24 * 3600)
MUTABLE = frozenset({"labels", "messageStoragePolicy", "messageRetentionDuration", "schemaSettings",
                     "ingestionDataSourceSettings", "messageTransforms"})  # fmt: skip


def check_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise invalid(
            f"Invalid resource name given (name={name}). Refer to "
            "https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names for more information."
        )
    return name


def check(topic: Body) -> None:
    masks.check_labels(topic.get("labels"))
    retention = topic.get("messageRetentionDuration")
    if retention and not RETENTION[0] <= float(retention.removesuffix("s")) <= RETENTION[1]:
        raise invalid(
            f"The value for message retention duration is out of bounds. You passed {retention} in the request, but "
            "the value must be between 10m and 744h."
        )
    policy = topic.get("messageStoragePolicy")
    if policy is None:
        return
    regions = policy.get("allowedPersistenceRegions") or []
    if not regions:
        raise invalid("message_storage_policy.allowed_persistence_regions must name at least one region.")
    for region in regions:
        if region not in REGIONS:
            raise invalid(f"message_storage_policy.allowed_persistence_regions has the unknown region '{region}'.")


def mask(sent: str | None, fields: Any) -> str:
    """The mask of an update; ``fields`` are the message's. Raises 400 for one that is empty or names what stays."""
    if not sent:
        raise invalid("The update_mask in the UpdateTopicRequest must be set, and must contain a non-empty paths list.")
    for path in sent.split(","):
        name = camel(path.partition(".")[0])
        problem = (
            f"{path} is not a known Topic field. Note that field paths must be of the form 'schema_settings' rather "
            "than 'schemaSetings'."
            if name not in fields
            else f"the '{snake(name)}' field in the Topic is not mutable."
        )
        if name not in MUTABLE:
            raise invalid(f"Invalid update_mask provided in the UpdateTopicRequest: {problem}")
    return sent
