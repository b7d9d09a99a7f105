# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether each cluster says what is upgraded in it, to a topic that is there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import (
    Answers,
    Live,
    Promise,
    cluster_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import Bench

CASE = "upgrade notifications"


def cells(bench: Bench, answers: Answers, promise: Promise) -> Iterator[Cell]:
    """A cell for each live cluster of which notifications are promised."""
    topics = answers.of("topics")
    declared = {str(entry["name"]): entry for entry in promise.clusters if entry.get("notifications")}
    for live in answers.of("clusters").items:
        promised = declared.get(str(live["name"]))
        if promised is None:
            continue
        target, expected = cluster_of(live), _to(promised["notifications"], promised.get("notifications_topic"))
        if topics.unread:
            yield bench.unread(topics, target, CASE, expected)
            continue
        config = get(live, "notificationConfig.pubsub") or {}
        events = get(config, "filter.eventType") or []
        why = _unsaid(config, events, promised, {str(topic["name"]) for topic in topics.items})
        observed = _to(events or ["every event"], config.get("topic")) if config.get("enabled") else "none"
        yield bench.holds(not why, observed, target, CASE, expected, why)


def _to(events: Collection[str], topic: str | None) -> str:
    return f"{', '.join(events)} to {topic or 'no topic'}"


def _unsaid(config: Live, events: Collection[str], promised: Mapping[str, Any], topics: Collection[str]) -> str:
    """Why nobody would hear of an upgrade; empty when they would. No filter lets every event through."""
    if not config.get("enabled"):
        return "nobody hears of an upgrade or of a security bulletin"
    topic = promised.get("notifications_topic")
    if topic is not None and config.get("topic") != topic:
        return "whoever subscribes to the declared topic hears nothing"
    if config.get("topic") not in topics:
        return "the topic does not exist"
    lacking = [event for event in promised["notifications"] if events and event not in events]
    return f"{', '.join(lacking)} is not sent" if lacking else ""
