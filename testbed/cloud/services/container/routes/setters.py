"""The cluster's own verbs: setResourceLabels, setMaintenancePolicy, setAddons and their like."""

from __future__ import annotations

import copy

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.services.container import state
from testbed.cloud.services.container.routes import operations
from testbed.cloud.services.container.routes.updates import begin
from testbed.cloud.services.container.rules import checks, defaults

PREFIX = "container.projects.locations.clusters"


def _change(call: Call, operation_type: str, **fields: object) -> Body:
    resource = state.cluster(call)
    operations.refuse_busy(call, resource.key)
    new = copy.deepcopy(resource.body)
    for name, value in fields.items():
        new[name] = value
    checks.consistent(call, new)
    defaults.computed(new)
    return begin(call, operation_type, resource, new)


@serves(f"{PREFIX}.setResourceLabels")
def set_labels(call: Call) -> Body:
    """Replace the labels; needs the current labelFingerprint."""
    resource = state.cluster(call)
    sent = call.body.get("labelFingerprint")
    if not sent:
        raise invalid("labelFingerprint must be specified.")
    if sent != resource.body["labelFingerprint"]:
        raise ApiError(412, "Labels could not be set due to fingerprint mismatch. Please retry with the current one.")
    return _change(call, "UPDATE_CLUSTER", resourceLabels=call.body.get("resourceLabels") or {})


@serves(f"{PREFIX}.setMaintenancePolicy")
def set_maintenance(call: Call) -> Body:
    """Replace the maintenance policy; its resourceVersion guards against a change behind one's back."""
    resource = state.cluster(call)
    policy = call.body.get("maintenancePolicy")
    if policy is None:
        raise invalid("maintenance_policy must be specified.")
    known = (resource.body.get("maintenancePolicy") or {}).get("resourceVersion")
    if policy.get("resourceVersion") and policy["resourceVersion"] != known:
        raise ApiError(412, "The maintenance policy's resource_version is not the current one.")
    version = state.stamp({"policy": policy, "before": known})["etag"][:8]
    return _change(call, "UPDATE_CLUSTER", maintenancePolicy={**policy, "resourceVersion": version})


@serves(f"{PREFIX}.setAddons")
def set_addons(call: Call) -> Body:
    """Merge the add-ons."""
    known = state.cluster(call).body["addonsConfig"]
    return _change(call, "UPDATE_CLUSTER", addonsConfig=defaults.filled(known, call.body.get("addonsConfig") or {}))


@serves(f"{PREFIX}.setLegacyAbac")
def set_abac(call: Call) -> Body:
    """Switch ABAC."""
    return _change(call, "UPDATE_CLUSTER", legacyAbac={"enabled": bool(call.body.get("enabled"))})


@serves(f"{PREFIX}.setLocations")
def set_locations(call: Call) -> Body:
    """Change the zones of the cluster's nodes."""
    asked = list(call.body.get("locations") or [])
    if not asked:
        raise invalid("locations must be specified.")
    return _change(call, "UPDATE_CLUSTER", locations=checks.zones(state.cluster(call).body["location"], asked))


@serves(f"{PREFIX}.setLogging")
def set_logging(call: Call) -> Body:
    """Switch the logging service."""
    return _change(call, "UPDATE_CLUSTER", loggingService=call.body.get("loggingService") or "none")


@serves(f"{PREFIX}.setMonitoring")
def set_monitoring(call: Call) -> Body:
    """Switch the monitoring service."""
    return _change(call, "UPDATE_CLUSTER", monitoringService=call.body.get("monitoringService") or "none")


@serves(f"{PREFIX}.setNetworkPolicy")
def set_network_policy(call: Call) -> Body:
    """Switch the older network policy engine."""
    return _change(call, "UPDATE_CLUSTER", networkPolicy=call.body.get("networkPolicy") or {})


@serves(f"{PREFIX}.updateMaster")
def update_master(call: Call) -> Body:
    """Upgrade the control plane."""
    return _change(call, "UPGRADE_MASTER", currentMasterVersion=defaults.version(call.body.get("masterVersion")))
