# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``gcp_stack_info``: what is live, without what must not be shown."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import without
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.reading import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.resource import parse_all
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.stack import connect


def run_info(settings: CloudSettings, args: dict[str, Any]) -> dict[str, Any]:
    """Live bodies by key, None for what does not exist."""
    client = connect(settings)
    resources = parse_all(args["resources"], settings.project, {})
    live = Reader(client).read_all(resources)
    shown = {r.key: without(body, r.kind.sensitive) if (body := live[r.key]) else None for r in resources}
    return {"changed": False, "live": shown, "requests": client.counts.requests}
