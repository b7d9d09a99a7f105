# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All kinds by name, with what the discovery documents say of each."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds import (
    artifactregistry,
    binaryauthorization,
    dns,
    gkehub,
    iam,
    pubsub,
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
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.discovered import (
    MAPS,
    OUTPUT_ONLY,
    ZERO_VALUES,
)
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
    binaryauthorization,
    secretmanager,
    storage,
    pubsub,
)


def _with_discovered(kind: Kind) -> Kind:
    # Some fields are called output in a resource and have an update of their own all the same.
    settable = tuple(f"{field}." for update in kind.updates for field in update.fields)
    output = (
        path for path in OUTPUT_ONLY.get(kind.name, ()) if not any(name.startswith(f"{path}.") for name in settable)
    )
    return replace(
        kind,
        output_only=frozenset((*kind.output_only, *output)),
        maps=frozenset(MAPS.get(kind.name, ())),
        zeros=ZERO_VALUES.get(kind.name, {}),
    )


KINDS: dict[str, Kind] = {kind.name: _with_discovered(kind) for service in _SERVICES for kind in service.KINDS}
