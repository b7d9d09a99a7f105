# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every cluster and node pool must have, as data: a case, the fields that show it, and what they must hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import Live


@dataclass(frozen=True)
class Rule:
    """The first of ``fields`` that is there counts; Google leaves out what is false."""

    case: str
    expected: str
    fields: tuple[str, ...]
    holds: Callable[[Any], bool]

    def value(self, live: Live) -> Any:
        return next((found for found in (get(live, path) for path in self.fields) if found is not None), None)


def shown(value: Any) -> str:
    """A live value as one short phrase."""
    if value is None or value == "":
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value)


def equals(value: Any) -> Callable[[Any], bool]:
    """Whether a live value is this one; what is left out is empty."""
    return lambda found: (found or "") == (value or "")


def _on(found: Any) -> bool:
    return found is True


def _off(found: Any) -> bool:
    return not found


def on(case: str, *fields: str) -> Rule:
    return Rule(case, "on", fields, _on)


def off(case: str, *fields: str) -> Rule:
    return Rule(case, "off", fields, _off)


CLUSTER = (
    on("private nodes", "networkConfig.defaultEnablePrivateNodes", "privateClusterConfig.enablePrivateNodes"),
    on("VPC-native", "ipAllocationPolicy.useIpAliases"),
    on("intranode visibility", "networkConfig.enableIntraNodeVisibility"),
    on("shielded nodes", "shieldedNodes.enabled"),
    off("legacy ABAC", "legacyAbac.enabled"),
    off("client certificate", "masterAuth.clientCertificateConfig.issueClientCertificate",
        "masterAuth.clientCertificate"),
    off("basic authentication", "masterAuth.username"),
    off("alpha features", "enableKubernetesAlpha"),
    Rule("dashboard", "disabled", ("addonsConfig.kubernetesDashboard.disabled", "addonsConfig.kubernetesDashboard"),
         lambda found: found in (None, True)),
    Rule("workload identity", "a pool", ("workloadIdentityConfig.workloadPool",), bool),
    Rule("anonymous requests", "LIMITED", ("anonymousAuthenticationConfig.mode",), equals("LIMITED")),
    off("roles for everybody with an account", "rbacBindingConfig.enableInsecureBindingSystemAuthenticated"),
    off("roles for everybody", "rbacBindingConfig.enableInsecureBindingSystemUnauthenticated"),
)  # fmt: skip
POOL = (
    on("private nodes", "networkConfig.enablePrivateNodes"),
    on("auto-repair", "management.autoRepair"),
    on("auto-upgrade", "management.autoUpgrade"),
    on("integrity monitoring", "config.shieldedInstanceConfig.enableIntegrityMonitoring"),
    on("secure boot", "config.shieldedInstanceConfig.enableSecureBoot"),
    Rule("metadata server", "GKE_METADATA", ("config.workloadMetadataConfig.mode",), equals("GKE_METADATA")),
    Rule("node image", "COS_CONTAINERD", ("config.imageType",), lambda found: str(found).upper() == "COS_CONTAINERD"),
    off("kubelet's open port", "config.kubeletConfig.insecureKubeletReadonlyPortEnabled"),
    Rule("legacy metadata endpoints", "disabled", ("config.metadata.disable-legacy-endpoints",), equals("true")),
)
