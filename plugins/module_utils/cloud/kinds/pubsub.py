# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pub/Sub. Source: discovery document pubsub v1."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Body, Context, Kind, Update
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact


def _patch_topic(context: Context) -> Body:
    topic: Body = compact({name: context.merged.get(name) for name in context.fields})
    return {"topic": topic, "updateMask": ",".join(context.fields)}


KINDS = (
    Kind(
        "pubsub_topic",
        "pubsub",
        "v1/projects/{project}/topics",
        "Pub/Sub topic",
        items="topics",
        named=False,
        create_method="PUT",
        create_path="{item}",
        labels="labels",
        updates=(
            Update(
                (
                    "labels",
                    "messageStoragePolicy",
                    "messageRetentionDuration",
                    "schemaSettings",
                    "ingestionDataSourceSettings",
                    "messageTransforms",
                ),
                _patch_topic,
            ),
        ),
        immutable=("kmsKeyName",),
        create_only=("tags",),
        output_only=("satisfiesPzs",),
        ordered=("messageTransforms",),
    ),
)
