"""Which fields of a message are there when they hold nothing: GKE's messages leave out what is false, zero or empty.

Fields that are `optional` in the protocol are shown even then; the discovery document does not say which those are.
"""

from __future__ import annotations

from typing import Any

OPTIONAL = frozenset(
    {
        "allowExternalTraffic", "cpuCfsQuota", "defaultEnablePrivateNodes", "disableL4LbFirewallReconciliation",
        "enableCiliumClusterwideNetworkPolicy", "enableFqdnNetworkPolicy", "enableInsecureBindingSystemAuthenticated",
        "enableInsecureBindingSystemUnauthenticated", "enableK8sCertsViaDns", "enableK8sTokensViaDns",
        "enablePrivateNodes", "enablePublicEndpoint", "enableRelay", "gcpPublicCidrsAccessEnabled", "globalAccess",
        "insecureKubeletReadonlyPortEnabled", "privateEndpointEnforcementEnabled",
    }
)  # fmt: skip
# Messages whose own switch is optional.
SWITCHED = frozenset({"ipEndpointsConfig", "rotationConfig", "secretManagerConfig", "secretSyncConfig"})
# Keys of a map are the user's: whatever they hold is shown.
MAPS = frozenset({"labels", "metadata", "resourceLabels", "tags"})


def present(value: Any, name: str = "") -> Any:
    """A value without the fields that nobody would see; `name` is the field that holds it."""
    if isinstance(value, list):
        return [present(item, name) for item in value]
    if not isinstance(value, dict) or name in MAPS:
        return value
    return {
        field: present(item, field)
        for field, item in value.items()
        if item or isinstance(item, dict) or field in OPTIONAL or (field == "enabled" and name in SWITCHED)
    }
