"""All compute resources of a cluster's Gateways, and what a Gateway says of its own. Pure.

Sources: captured annotations of Gateways; https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from testbed.gateway import names
from testbed.gateway.model import HEALTH_CHECKERS, LoadBalancer, Object
from testbed.gateway.resources import backends, frontends
from testbed.gateway.resources.site import Resource, Site

# Collections in the order in which compute can make them, with the name of the annotation that lists them.
COLLECTIONS = {
    "addresses": "addresses",
    "healthChecks": "health-checks",
    "networkEndpointGroups": "",
    "backendServices": "backend-services",
    "urlMaps": "url-maps",
    "sslCertificates": "ssl-certificates",
    "targetHttpProxies": "target-http-proxies",
    "targetHttpsProxies": "target-https-proxies",
    "forwardingRules": "forwarding-rules",
    "firewalls": "firewalls",
}
_ORDER = list(COLLECTIONS)


def of_gateway(balancer: LoadBalancer, site: Site) -> list[Resource]:
    """What one Gateway needs, the cluster's firewall rule too, in the order in which compute can make it."""
    used = [*balancer.backends.values(), backends.absent(balancer.namespace, site)]
    found = [item for backend in used for item in backends.resources(backend, site)]
    found += [*frontends.resources(balancer, site), _firewall(site)]
    return in_order({item.path: item for item in found}.values())


def in_order(found: Iterable[Resource]) -> list[Resource]:
    """What is used before what uses it."""
    return sorted(found, key=lambda item: (_ORDER.index(item.collection), item.path))


def annotated(balancer: LoadBalancer, found: Sequence[Resource], site: Site) -> dict[str, list[str]]:
    """The paths of a Gateway's resources by annotation; a kind that it has none of is listed too."""
    listed: dict[str, list[str]] = {kind: [] for kind in COLLECTIONS.values() if kind}
    for item in found:
        if COLLECTIONS[item.collection]:
            listed[COLLECTIONS[item.collection]].append(f"/projects/{site.number}/{item.path}")
    if balancer.address_name:
        listed["addresses"].append(f"/projects/{site.number}/{site.scope}/addresses/{balancer.address_name}")
    return listed


def is_of_cluster(name: str, site: Site) -> bool:
    """Whether a name is one that this cluster's controllers give."""
    groups = [names.groups(cluster.project.cluster) for cluster in site.clusters]
    return name.startswith(tuple(f"{stem}-" for stem in (names.stem(site.project.cluster), *groups)))


def gateway_of(body: Object) -> tuple[str, str] | None:
    """Namespace and name of the Gateway that a resource was made for, by its description."""
    try:
        parts = str(json.loads(body.get("description") or "{}").get("k8sResource")).split("/")
    except (ValueError, AttributeError):
        return None
    return (parts[2], parts[4]) if len(parts) == 5 and parts[3] == "gateways" else None


def _firewall(site: Site) -> Resource:
    """Load balancers and health checks reach every port of the nodes' pods; global ones come from one range."""
    project = site.project
    name = names.firewall(project.cluster, project.network, project.region or "global")
    return Resource("global", "firewalls", name, {
        "name": name,
        **site.described(),
        "network": site.network,
        "direction": "INGRESS",
        "sourceRanges": [*HEALTH_CHECKERS, *([project.proxy_range] if project.region else [])],
        "targetTags": [cluster.node_tag for cluster in site.clusters],
        "allowed": [{"IPProtocol": "tcp", "ports": ["0-65535"]}],
    })  # fmt: skip
