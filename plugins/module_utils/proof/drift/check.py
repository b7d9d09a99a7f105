# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``drift_check``: read the plans, see what is live, judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings, settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift import observe, observe_cloud
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Declared, read
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.cloud import cloud_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.declared import declared_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import (
    PROOF,
    Bench,
    parse_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.grants import grant_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.pods import pod_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.undeclared import (
    undeclared_cells,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    bench = Bench(options["cluster"], parse_exceptions(options["exceptions"]), datetime.now(UTC).date())
    declared = read(options["plans"])
    if options["connection"]:
        client = ClusterClient.from_connection(options["connection"])
        return conclude(PROOF, options, lambda: measure(client, bench, declared))
    cloud = settings(options["cloud"])
    return conclude(PROOF, options, lambda: measure_cloud(cloud, bench, declared, options.get("proxy_ranges") or ()))


def measure(client: ClusterClient, bench: Bench, declared: Declared) -> Findings:
    """One cluster."""
    if not declared.keys:
        raise PlatformError("no plan declares an object: with nothing to hold it against, nothing was measured")
    live = observe.observe(client, declared)
    undeclared = list(undeclared_cells(bench, declared, live))
    cells = [
        *declared_cells(bench, declared, live, {cell.target for cell in undeclared}),
        *undeclared,
        *pod_cells(bench, declared, live),
    ]
    coverage = {"declared": len(declared.keys), "compared": len(live.completed), "kinds": len(live.decides)}
    return Findings(cells, {"coverage": {**coverage, "live": len(live.objects), "requests": live.requests}})


def measure_cloud(cloud: CloudSettings, bench: Bench, declared: Declared, proxy_ranges: Sequence[str]) -> Findings:
    """The project of all clusters."""
    if not declared.resources:
        raise PlatformError("no plan declares a resource: with nothing to hold it against, nothing was measured")
    client = connect(cloud)
    project, notes = observe_cloud.observe(client, cloud.project, declared, proxy_ranges)
    grants = observe_cloud.observe_grants(client, cloud.project, declared)
    cells = [*cloud_cells(bench, project, declared.cloud_changes), *grant_cells(bench, grants, declared.gaps)]
    coverage = {
        "declared": len(project.declared),
        "collections": len(project.listings),
        "policies": len(grants.policies),
        "requests": client.counts.requests,
    }
    return Findings(cells, {"coverage": coverage, "not_covered": notes})
