# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The faults by the names that the option has, and what each of them changes in a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, label
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.changed_specs import ChangedSpecs
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.fault import Fault
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.scale_to_zero import (
    ScaledDeployment,
)

FAULTS = ("gateway", "backends", "isolated")
HEALTH_CHECK_POLICY = ("networking.gke.io/v1", "HealthCheckPolicy")
NETWORK_POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
# What a gateway has nothing at.
MISSING_PATH = "/failover-drill"


def faults_of(client: ClusterClient, options: Mapping[str, Any]) -> dict[str, Fault]:
    """Every fault of a cluster, by name; options as in the argument spec."""
    workload, namespaces = options["workload"], options["namespaces"]
    where = f"{workload['namespace']}/{workload['name']}"

    def unhealthy(policy: Object) -> Object | None:
        target = policy["spec"].get("targetRef") or {}
        if (policy["metadata"]["namespace"], target.get("name")) != (workload["namespace"], workload["name"]):
            return None
        return failing(policy)

    def isolated(policy: Object) -> Object | None:
        return deny_all(policy["spec"]) if policy["metadata"]["namespace"] in namespaces else None

    return {
        "gateway": ScaledDeployment(client, workload),
        "backends": ChangedSpecs(client, HEALTH_CHECK_POLICY, f"HealthCheckPolicy of {where}", unhealthy),
        "isolated": ChangedSpecs(client, NETWORK_POLICY, f"NetworkPolicies of {', '.join(namespaces)}", isolated),
    }


def failing(policy: Object) -> Object:
    """The spec of a HealthCheckPolicy with a request that no backend answers with 200; a PlatformError without one."""
    spec: Object = policy["spec"]
    config = (spec.get("default") or {}).get("config") or {}
    kind = str(config.get("type") or "")
    name = f"{kind.lower()}HealthCheck"
    if kind not in ("HTTP", "HTTPS", "HTTP2"):
        raise PlatformError(f"{label(policy)}: found a health check of type {kind or 'nothing'}, expected one of HTTP")
    check = {**(config.get(name) or {}), "requestPath": MISSING_PATH}
    return {**spec, "default": {**spec["default"], "config": {**config, name: check}}}


def deny_all(spec: Object) -> Object:
    """The spec of a NetworkPolicy that lets nothing in or out of the pods that it selects.

    Policies only ever add to what is allowed, so that one more that denies would change nothing.
    """
    return {"podSelector": spec["podSelector"], "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}
