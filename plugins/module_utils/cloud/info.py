# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``gcp_stack_info``: what is live, without what must not be shown, and what the caller may do."""

from __future__ import annotations

from itertools import batched
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import without
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import by_key, locate


def run_info(settings: CloudSettings, args: dict[str, Any]) -> dict[str, Any]:
    """Live bodies by key, None for what does not exist; of the permissions those that the caller lacks."""
    client = connect(settings)
    resources = by_key(locate(item, settings.project) for item in args["resources"])
    live = Reader(client).read_all(list(resources.values()))
    shown = {key: without(body, r.kind.sensitive) if (body := live[key]) else None for key, r in resources.items()}
    missing = _missing(client, settings.project, args["permissions"])
    return {"changed": False, "live": shown, "missing_permissions": missing, "requests": client.counts.requests}


def _missing(client: CloudClient, project: str, permissions: list[str]) -> list[str]:
    """https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions: 100 of them at most."""
    held: set[str] = set()
    for batch in batched(permissions, 100):
        path, body = f"v1/projects/{project}:testIamPermissions", {"permissions": list(batch)}
        held.update(client.read("cloudresourcemanager", path, method="POST", body=body).get("permissions") or ())
    return [permission for permission in permissions if permission not in held]
