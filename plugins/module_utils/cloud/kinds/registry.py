# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All kinds by name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds import (
    artifactregistry,
    dns,
    gkehub,
    iam,
    secretmanager,
    serviceusage,
    storage,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.compute import (
    instances,
    load_balancing,
    networks,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.container import clusters, node_pools
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Kind

_SERVICES = (
    serviceusage,
    gkehub,
    networks,
    load_balancing,
    instances,
    clusters,
    node_pools,
    iam,
    dns,
    artifactregistry,
    secretmanager,
    storage,
)

KINDS: dict[str, Kind] = {kind.name: kind for service in _SERVICES for kind in service.KINDS}
