"""Where a cluster's notifications go: a Pub/Sub topic that is there, in the cluster's project.

Sources: container.v1.json, NotificationConfig; terraform-google-kubernetes-engine#1338 for the words of an empty topic;
terraform-provider-google's page for the project. How GKE words a missing topic is not known.
"""

from __future__ import annotations

import re

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import invalid

TOPIC = re.compile(r"projects/([^/]+)/topics/[^/]+")


def check(call: Call, body: Body) -> None:
    """400 for a topic that nothing can be sent to. GKE's agent has the right to publish by its role in the project."""
    config = (body.get("notificationConfig") or {}).get("pubsub") or {}
    if not config.get("enabled"):
        return
    topic = str(config.get("topic") or "")
    if not topic:
        raise invalid("Must specify a non-empty Pub/Sub topic when Pub/Sub notification is enabled.")
    found = TOPIC.fullmatch(topic)
    if not found:
        raise invalid(f'Pub/Sub topic "{topic}" must have the format projects/{{project}}/topics/{{topic}}.')
    if found[1] != call.project:
        raise invalid(f'Pub/Sub topic "{topic}" must be in the project of the cluster, "{call.project}".')
    if call.store.get(f"pubsub/{topic}") is None:
        raise invalid(f'Pub/Sub topic "{topic}" does not exist.')
