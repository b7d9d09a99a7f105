"""What load balancers send to: network endpoint groups and backend services, global and regional."""

from __future__ import annotations

from dataclasses import replace as varied

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.regions import region_of
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register, replace
from testbed.cloud.services.compute.rules import required
from testbed.cloud.services.compute.state import find
from testbed.cloud.services.compute.urls import path_of, require_ready, resolve

SCHEMES = ("EXTERNAL", "EXTERNAL_MANAGED", "INTERNAL", "INTERNAL_MANAGED", "INTERNAL_SELF_MANAGED")
PROTOCOLS = ("HTTP", "HTTPS", "HTTP2", "H2C", "GRPC", "TCP", "SSL", "UDP", "UNSPECIFIED")


def scope_of(call: Call) -> str:
    """`global` or `regions/r`: where a resource's own references are."""
    return f"regions/{call.path['region']}" if "region" in call.path else "global"


def refuse(field: str, value: object, rule: str) -> ApiError:
    """400 for a field's value, by a rule."""
    return invalid(f"Invalid value for field 'resource.{field}': '{value}'. {rule}")


def _group(call: Call, body: Body) -> None:
    """compute.v1.json, NetworkEndpointGroup; of GKE's controllers the type is GCE_VM_IP_PORT."""
    if body.setdefault("networkEndpointType", "GCE_VM_IP_PORT") != "GCE_VM_IP_PORT":
        raise ApiError(501, "Network endpoint groups of other types than GCE_VM_IP_PORT are not served locally.")
    required(body, "network")
    body["network"] = resolve(call, body["network"], "resource.network", "networks")
    if body.get("subnetwork"):
        scope = f"regions/{region_of(call.path['zone'])}"
        body["subnetwork"] = resolve(call, body["subnetwork"], "resource.subnetwork", "subnetworks", scope)
    body["size"] = 0


GROUP = Kind(
    plural="networkEndpointGroups",
    singular="networkEndpointGroup",
    schema="NetworkEndpointGroup",
    scope="zone",
    quota="NETWORK_ENDPOINT_GROUPS",
    prepare=_group,
)


def _service(call: Call, body: Body) -> None:
    defaults = {"protocol": "HTTP", "loadBalancingScheme": "EXTERNAL", "timeoutSec": 30, "port": 80,
                "portName": "http", "sessionAffinity": "NONE", "affinityCookieTtlSec": 0,
                "connectionDraining": {"drainingTimeoutSec": 0}, "description": ""}  # fmt: skip
    for name, value in defaults.items():
        body.setdefault(name, value)
    _checked(call, {}, body)


def _checked(call: Call, _old: Body, body: Body) -> None:
    for field, known in (("protocol", PROTOCOLS), ("loadBalancingScheme", SCHEMES)):
        if body[field] not in known:
            raise refuse(field, body[field], f"Must be one of {', '.join(known)}.")
    checks = [_health_check(call, str(link), index) for index, link in enumerate(body.get("healthChecks", []))]
    if len(checks) > 1:
        raise refuse("healthChecks", len(checks), "At most one health check can be specified.")
    if checks:
        body["healthChecks"] = checks
    for index, backend in enumerate(body.get("backends", [])):
        at = f"resource.backends[{index}].group"
        zone = str(backend.get("group") or "").partition("/zones/")[2].partition("/")[0]
        backend["group"] = resolve(call, str(backend.get("group")), at, "networkEndpointGroups", f"zones/{zone}")
        backend.setdefault("balancingMode", "RATE")
        backend.setdefault("capacityScaler", 1.0)


def _health_check(call: Call, link: str, index: int) -> str:
    field = f"resource.healthChecks[{index}]"
    scope = "global" if "global/healthChecks" in link else scope_of(call)
    link = resolve(call, link, field, "healthChecks", scope)
    found = call.store.get(f"compute/{path_of(link)}")
    if found is not None and found.body.get("sourceRegions"):
        raise invalid(f"Invalid value for field '{field}': '{link}'. It has source regions, which are for Cloud DNS.")
    return link


SERVICE = Kind(
    plural="backendServices",
    singular="backendService",
    schema="BackendService",
    scope="global",
    quota="BACKEND_SERVICES",
    fingerprint=True,
    mutable=frozenset({"affinityCookieTtlSec", "backends", "connectionDraining", "customRequestHeaders",
                       "customResponseHeaders", "description", "healthChecks", "localityLbPolicy", "logConfig",
                       "outlierDetection", "port", "portName", "protocol", "sessionAffinity", "timeoutSec",
                       "tlsSettings"}),
    prepare=_service,
    change=_checked,
)  # fmt: skip
REGION_SERVICE = varied(SERVICE, plural="regionBackendServices", collection="backendServices", scope="region")

for _kind in (GROUP, SERVICE, REGION_SERVICE):
    register(_kind)


@serves("compute.backendServices.setSecurityPolicy", "compute.regionBackendServices.setSecurityPolicy")
def set_security_policy(call: Call) -> Body:
    """Attach a policy of the service's own scope, or take it off: the field itself is output only."""
    kind = REGION_SERVICE if "region" in call.path else SERVICE
    resource = find(call, kind)
    require_ready(call, resource.key)
    new = {name: value for name, value in resource.body.items() if name != "securityPolicy"}
    asked = str(call.body.get("securityPolicy") or "")
    if asked:
        new["securityPolicy"] = resolve(call, asked, "securityPolicy", "securityPolicies", scope_of(call))
    return replace(call, kind, resource, new, "setSecurityPolicy")
