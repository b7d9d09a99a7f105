"""What GKE refuses when a cluster is made or changed. Each rule has a test in tests/conformance/cloud."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.schema import snake
from testbed.cloud.core.regions import REGIONS, ZONES, ZONES_OF, region_of
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.urls import path_of
from testbed.cloud.services.container import state
from testbed.cloud.services.container.rules import ranges

CLUSTER_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?")
LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


def region(location: str) -> str:
    """The region of a location; raises 400 for one that does not exist."""
    if location in REGIONS:
        return location
    if location in ZONES:
        return region_of(location)
    raise invalid(f'Location "{location}" does not exist.')


def zones(location: str, asked: list[str]) -> list[str]:
    """The zones that nodes run in: asked for, or all of a region's first three, or the zone itself."""
    own = region(location)
    allowed = [f"{own}-{letter}" for letter in ZONES_OF[own]]
    for zone in asked:
        if zone not in allowed:
            raise invalid(f'Zone "{zone}" is not in region "{own}".')
    if location in ZONES and asked and location not in asked:
        raise invalid(f'Cluster.locations must contain the cluster\'s zone "{location}".')
    return asked or ([location] if location in ZONES else allowed[:3])


def labels(found: Body | None) -> None:
    """Resource labels: https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels"""
    for key, value in (found or {}).items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            raise invalid(
                f'Invalid label: "{key}={value}". Keys and values must be lower-case letters, digits, "_", "-".'
            )


def network(call: Call, body: Body, location: str) -> None:
    """Resolve network and subnetwork; both must be ready. Names in, names and paths out."""
    project = str(call.project)
    name = body.get("network") or "default"
    path = _path(name, f"projects/{project}/global/networks/{name}")
    _ready(call, path, f'Network "{name}" does not exist.')
    body.setdefault("networkConfig", {})
    body["networkConfig"]["network"] = path
    body["network"] = path.rpartition("/")[2]
    sub = body.get("subnetwork")
    if not sub:
        raise invalid(f'Network "{name}" requires specifying a subnetwork.')
    sub_path = _path(sub, f"projects/{project}/regions/{region(location)}/subnetworks/{sub}")
    found = _ready(call, sub_path, f'Subnetwork "{sub}" does not exist.')
    if path not in found.body["network"]:
        raise invalid(f'Subnetwork "{sub}" is not in network "{name}".')
    if f"/regions/{region(location)}/" not in sub_path:
        raise invalid(f'Subnetwork "{sub}" is not in region "{region(location)}".')
    body["networkConfig"]["subnetwork"] = sub_path
    body["subnetwork"] = sub_path.rpartition("/")[2]
    _ranges(call, body, found)


def _path(value: str, default: str) -> str:
    return path_of(value) or (value if value.startswith("projects/") else default)


def _ready(call: Call, path: str, missing: str) -> Resource:
    found = call.store.get(f"compute/{path}")
    if found is None:
        raise invalid(missing)
    if call.operations.pending_on(found.key):
        raise ApiError(400, f"The resource '{path}' is not ready", reason="resourceNotReady")
    return found


def _ranges(call: Call, body: Body, subnetwork: Resource) -> None:
    policy = body.setdefault("ipAllocationPolicy", {})
    if policy.get("useRoutes"):
        if any(policy.get(name) for name in ("clusterSecondaryRangeName", "servicesSecondaryRangeName")):
            raise invalid("Cluster.ip_allocation_policy: secondary ranges need use_ip_aliases to be true.")
        body.setdefault("clusterIpv4Cidr", ranges.FIRST)
        body["servicesIpv4Cidr"] = ranges.SERVICES
        return
    # VPC-native is what a cluster is unless it asks for routes; false is the same as nothing.
    policy |= {"useIpAliases": True, "podCidrOverprovisionConfig": {}}
    policy.setdefault("stackType", "IPV4")
    known = {item["rangeName"]: item["ipCidrRange"] for item in subnetwork.body.get("secondaryIpRanges", [])}
    made: dict[str, str] = {}
    for kind, field in (("cluster", "Pod"), ("services", "Services")):
        name = policy.get(f"{kind}SecondaryRangeName")
        if name and policy.get(f"{kind}Ipv4CidrBlock"):
            raise invalid(f"Only one of {kind}_ipv4_cidr_block and {kind}_secondary_range_name may be specified.")
        if name and name not in known:
            raise invalid(f'{field} secondary range "{name}" does not exist in subnetwork "{subnetwork.name}".')
        if name:
            cidr = known[name]
        else:
            cidr, added = ranges.chosen(call, body, subnetwork, kind)
            if added:
                policy[f"{kind}SecondaryRangeName"] = added
                made[added] = cidr
        policy[f"{kind}Ipv4CidrBlock"] = cidr
        policy[f"{kind}Ipv4Cidr"] = cidr
    if policy.get("clusterSecondaryRangeName") and policy["clusterSecondaryRangeName"] == policy.get(
        "servicesSecondaryRangeName"
    ):
        raise invalid("Pods and services can't share a secondary range.")
    _exclusive(call, body, subnetwork)
    ranges.add(call, subnetwork, made)
    body["clusterIpv4Cidr"] = policy["clusterIpv4CidrBlock"]
    body["servicesIpv4Cidr"] = policy["servicesIpv4CidrBlock"]


def _exclusive(call: Call, body: Body, subnetwork: Resource) -> None:
    """A services range belongs to one cluster."""
    name = body["ipAllocationPolicy"].get("servicesSecondaryRangeName")
    for other in call.store.of_kind(state.CLUSTER, f"container/projects/{call.project}/"):
        same_subnetwork = f"compute/{other.body['networkConfig'].get('subnetwork')}" == subnetwork.key
        used = other.body.get("ipAllocationPolicy", {}).get("servicesSecondaryRangeName")
        if name and same_subnetwork and used == name:
            raise invalid(f'Services secondary range "{name}" is already in use by cluster "{other.name}".')


def pod_ranges(call: Call, body: Body, names: list[str], *, added: bool) -> None:
    """Add further ranges for pods, which the subnetwork has, or remove those that were added."""
    policy = body["ipAllocationPolicy"]
    there = (policy.get("additionalPodRangesConfig") or {}).get("podRangeNames") or []
    found = call.store.get(f"compute/{body['networkConfig']['subnetwork']}")
    ranges = {item["rangeName"] for item in found.body.get("secondaryIpRanges", [])} if found else set()
    for name in names:
        if added and (name not in ranges or name == policy.get("clusterSecondaryRangeName")):
            raise invalid(f'Additional pod range "{name}" must be another secondary range of the subnetwork.')
        if not added and name not in there:
            raise invalid(f'Additional pod range "{name}" is not used by the cluster.')
    left = [*there, *(name for name in names if name not in there)] if added else [n for n in there if n not in names]
    policy.pop("additionalPodRangesConfig", None)
    if left:
        policy["additionalPodRangesConfig"] = {
            "podRangeNames": left,
            "podRangeInfo": [{"rangeName": name, "utilization": 0} for name in left],
        }


def global_access_alone(body: Body, desired: Body) -> None:
    """Of a private cluster's older message an update changes one field: container.v1.json."""
    known = body.get("privateClusterConfig") or {}
    for name, value in desired.items():
        if name != "masterGlobalAccessConfig" and value != known.get(name):
            raise invalid(f"private_cluster_config.{snake(name)} cannot be changed by this update.")


def _maintenance(policy: Body) -> None:
    """A window is of one form, in the words of Google's JSON front end."""
    both = [name for name in policy.get("window") or {} if name in ("dailyMaintenanceWindow", "recurringWindow")]
    if len(both) > 1:
        raise invalid(
            "Invalid value at 'maintenance_policy.window' (oneof), oneof field 'policy' is already set. "
            f"Cannot set '{both[1]}'"
        )
    for name, exclusion in ((policy.get("window") or {}).get("maintenanceExclusions") or {}).items():
        start, end = exclusion.get("startTime"), exclusion.get("endTime")
        if start and end and datetime.fromisoformat(end) <= datetime.fromisoformat(start):
            raise invalid(f'Maintenance exclusion "{name}" must end after it starts, found {start} to {end}.')


def private(body: Body) -> None:
    """Private clusters, in either of the two ways to ask for one, before the one is written into the other."""
    config = body.get("privateClusterConfig") or {}
    ip = ((body.get("controlPlaneEndpointsConfig") or {}).get("ipEndpointsConfig")) or {}
    nodes = config.get("enablePrivateNodes") or (body.get("networkConfig") or {}).get("defaultEnablePrivateNodes")
    routes = (body.get("ipAllocationPolicy") or {}).get("useRoutes")
    if nodes and routes:
        raise invalid("Private nodes need a VPC-native cluster: set ip_allocation_policy.use_ip_aliases.")
    # The newer way has neither rule.
    older = config.get("enablePrivateEndpoint") and ip.get("enablePublicEndpoint", True)
    if older and not config.get("enablePrivateNodes"):
        raise invalid("enable_private_endpoint needs enable_private_nodes to be true.")
    authorized = body.get("masterAuthorizedNetworksConfig") or ip.get("authorizedNetworksConfig") or {}
    if older and not authorized.get("enabled"):
        raise invalid("enable_private_endpoint needs master_authorized_networks_config.enabled to be true.")
    cidr = config.get("masterIpv4CidrBlock")
    if cidr and ipaddress.ip_network(cidr, strict=False).prefixlen != 28:
        raise invalid(f'master_ipv4_cidr_block "{cidr}" must be a /28 range.')
    for block in authorized.get("cidrBlocks") or []:
        try:
            ipaddress.ip_network(block.get("cidrBlock", ""))
        except ValueError as error:
            found = block.get("cidrBlock", "")
            raise invalid(f'Invalid master authorized network: "{found}" is no CIDR range.') from error


def consistent(call: Call, body: Body) -> None:
    """Fields that exclude or need each other."""
    dataplane = (body.get("networkConfig") or {}).get("datapathProvider") == "ADVANCED_DATAPATH"
    if dataplane and (body.get("networkPolicy") or {}).get("enabled"):
        raise invalid("Enabling NetworkPolicy for clusters with DatapathProvider=ADVANCED_DATAPATH is not allowed.")
    pool = (body.get("workloadIdentityConfig") or {}).get("workloadPool")
    if pool and pool != f"{call.project}.svc.id.goog":
        raise invalid(
            f'Currently, the only supported identity namespace is "{call.project}.svc.id.goog", found "{pool}".'
        )
    components = ((body.get("loggingConfig") or {}).get("componentConfig") or {}).get("enableComponents") or []
    if components and "SYSTEM_COMPONENTS" not in components:
        raise invalid("Logging of any component needs SYSTEM_COMPONENTS to be enabled.")
    if (body.get("autopilot") or {}).get("enabled"):
        raise ApiError(501, "Autopilot clusters are not served locally.")
    _dataplane_only(body, dataplane)
    labels(body.get("resourceLabels"))
    _maintenance(body.get("maintenancePolicy") or {})
    secret = body.get("secretManagerConfig") or {}
    if (secret.get("rotationConfig") or {}).get("enabled") and not secret.get("enabled"):
        raise invalid("secret_manager_config.rotation_config needs secret_manager_config.enabled to be true.")


def _dataplane_only(body: Body, dataplane: bool) -> None:
    config = body.get("networkConfig") or {}
    metrics = (body.get("monitoringConfig") or {}).get("advancedDatapathObservabilityConfig") or {}
    if (metrics.get("enableMetrics") or metrics.get("enableRelay")) and not dataplane:
        raise invalid("advanced_datapath_observability_config needs datapath_provider ADVANCED_DATAPATH.")
    for field in ("enableFqdnNetworkPolicy", "enableCiliumClusterwideNetworkPolicy"):
        if config.get(field) and not dataplane:
            raise invalid(f"network_config.{field} needs datapath_provider ADVANCED_DATAPATH.")
    if config.get("gatewayApiConfig", {}).get("channel") == "CHANNEL_STANDARD":
        addon = (body.get("addonsConfig") or {}).get("httpLoadBalancing") or {}
        if addon.get("disabled"):
            raise invalid("The Gateway API needs the HttpLoadBalancing add-on.")
