# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secret Manager. Source: discovery document secretmanager v1."""

from __future__ import annotations

import base64

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Kind,
    Update,
    masked_patch,
    one_of,
    only,
)


def _payload(values: Body) -> Body:
    only(values, "payload")
    text = values.get("payload")
    if text is None:
        raise ValueError("payload is missing; give the name of one of the task's payloads, as in {from: db-password}")
    return {"payload": {"data": base64.b64encode(str(text).encode()).decode()}}


KINDS = (
    Kind(
        "secret",
        "secretmanager",
        "v1/projects/{project}/secrets",
        "Secret (its value is a secret_version)",
        protected=True,
        items="secrets",
        named=False,
        create_query={"secretId": "{name}"},
        labels="labels",
        updates=(
            masked_patch(
                "labels",
                "annotations",
                "customerManagedEncryption",
                "rotation",
                "topics",
                "expireTime",
                "versionAliases",
                "versionDestroyTtl",
                etag=True,
            ),
        ),
        immutable=("replication",),
        unions=(one_of("replication", "automatic", "userManaged"),),
        advice="where a secret is kept is decided when it is made: add its value to a secret of a new name, let its "
        "readers use that, and remove the old one",
        create_only=("tags", "ttl"),
    ),
    Kind(
        "secret_version",
        "secretmanager",
        "v1/projects/{project}/secrets/{secret}",
        "Value of a secret; a version is added only when the value is another",
        item="{collection}/versions/latest",
        read="{item}:access",
        listed=False,
        named=False,
        create_path="{collection}:addVersion",
        prepare=_payload,
        updates=(
            Update(
                ("payload",), lambda c: {"payload": c.desired["payload"]}, method="POST", path="{collection}:addVersion"
            ),
        ),
        sensitive=("payload",),
        output_only=("payload.dataCrc32c",),
        delete=False,  # it goes with its secret
    ),
)
