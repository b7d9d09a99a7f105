# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All kinds by name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds import (
    compute,
    container,
    dns,
    iam,
    project,
    storing,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind for module in (project, compute, container, iam, dns, storing) for kind in module.KINDS
}
