"""What a Service's port becomes: a health check, an endpoint group in each zone, a backend service. Pure.

Sources: compute.v1.json; kubernetes/ingress-gce for endpoint groups and their descriptions; captured backend services
and health checks, which have no description. A backend that answers 404 is made in each Gateway's namespace; for a
fleet's it is in kube-system.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from testbed.gateway import names
from testbed.gateway.model import Backend, BackendTls, HealthCheck, Object
from testbed.gateway.resources.site import Resource, Site

# kubernetes/ingress-gce pkg/backends: no limit that a Service would meet.
RATE = 100000000
MESSAGES = {"HTTP": "httpHealthCheck", "HTTPS": "httpsHealthCheck", "HTTP2": "http2HealthCheck",
            "TCP": "tcpHealthCheck", "SSL": "sslHealthCheck", "GRPC": "grpcHealthCheck"}  # fmt: skip


def absent(namespace: str, site: Site) -> Backend:
    """The backend for requests that no route takes."""
    return Backend("kube-system" if site.members else namespace, names.SERVE_404, 80, "HTTP", (), HealthCheck("HTTP"))


def name_of(backend: Backend, site: Site) -> str:
    """The name of a backend service, and of its health check."""
    return names.resource(site.project.cluster, backend.namespace, backend.service, backend.port)


def link_of(backend: Backend, site: Site) -> str:
    """The link of a backend service."""
    return site.scoped("backendServices", name_of(backend, site))


def resources(backend: Backend, site: Site) -> Iterator[Resource]:
    """All of one backend, what is used before what uses it."""
    name = name_of(backend, site)
    yield Resource(site.scope, "healthChecks", name, {"name": name, **_health_check(backend.health)})
    groups = list(_groups(backend, site))
    yield from groups
    body: Object = {
        "name": name,
        "protocol": backend.protocol,
        "loadBalancingScheme": "EXTERNAL_MANAGED",
        "timeoutSec": backend.timeout,
        "healthChecks": [site.scoped("healthChecks", name)],
        "backends": [{"group": site.link(group.path), "balancingMode": "RATE", "maxRatePerEndpoint": RATE}
                     for group in groups],
    }  # fmt: skip
    if backend.tls is not None:
        body["tlsSettings"] = _tls(backend.tls)
    if backend.security_policy:
        body["securityPolicy"] = site.scoped("securityPolicies", backend.security_policy)
    yield Resource(site.scope, "backendServices", name, body)


def _groups(backend: Backend, site: Site) -> Iterator[Resource]:
    """One for each zone of each cluster; a fleet's absent backend has none, as no cluster exports it."""
    for cluster in site.clusters if backend.tiers or not site.members else ():
        yield from _groups_of(backend, cluster)


def _groups_of(backend: Backend, site: Site) -> Iterator[Resource]:
    name = names.endpoint_group(site.project.cluster, backend.namespace, backend.service, backend.port)
    of_service = {"cluster-uid": site.project.cluster, "namespace": backend.namespace,
                  "service-name": backend.service, "port": str(backend.port)}  # fmt: skip
    for zone in site.zones:
        yield Resource(f"zones/{zone}", "networkEndpointGroups", name, {
            "name": name,
            "description": json.dumps(of_service, separators=(",", ":")),
            "networkEndpointType": "GCE_VM_IP_PORT",
            "network": site.network,
            "subnetwork": site.scoped("subnetworks", site.subnetwork),
        })  # fmt: skip


def _health_check(check: HealthCheck) -> Object:
    config: Object = {"port": check.port} if check.port else {"portSpecification": "USE_SERVING_PORT"}
    if check.type.startswith("HTTP"):
        config["requestPath"] = check.path
        config |= {"host": check.host} if check.host else {}
    return {
        "type": check.type,
        "checkIntervalSec": check.interval,
        "timeoutSec": check.timeout,
        "healthyThreshold": check.healthy,
        "unhealthyThreshold": check.unhealthy,
        MESSAGES[check.type]: config,
    }


def _tls(tls: BackendTls) -> Object:
    """compute.v1.json, BackendServiceTlsSettings; a name with a scheme is a URI."""
    alternatives = [{"uniformResourceIdentifier" if "://" in name else "dnsName": name} for name in tls.subject_names]
    return {"sni": tls.server_name, "subjectAltNames": alternatives}
