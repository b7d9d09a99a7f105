# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How to reach a cluster's API server: looked up live, with the token of this run."""

from __future__ import annotations

import base64
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

# Ways through an HTTP proxy, and the option that says which.
_PROXIED = {"proxy": "proxy", "iap": "bastion"}


def choose(cluster: dict[str, Any], access: str, proxy: str | None) -> dict[str, Any]:
    """The connection, without its token, for one way of access. Pure.

    - ``direct``: the control plane's address (the private one where there is no public one);
    - ``dns_endpoint``: the control plane's DNS name, whose certificate is a public one;
    - ``proxy``: the private address, through an HTTP proxy (on the bastion, say);
    - ``iap``: the same, through the bastion's, which the client itself reaches by Identity-Aware Proxy.
    """
    name = cluster.get("name")
    if access == "dns_endpoint":
        endpoint = get(cluster, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint")
        if not endpoint:
            raise PlatformError(f"cluster {name} has no DNS endpoint; turn on dnsEndpointConfig or use another access")
        return {"endpoint": f"https://{endpoint}"}
    endpoints = get(cluster, "controlPlaneEndpointsConfig.ipEndpointsConfig") or {}
    before = cluster.get("privateClusterConfig") or {}  # the same, as older clusters say it
    endpoint = cluster.get("endpoint")
    # What is false is left out of Google's answers.
    public = endpoints.get("enablePublicEndpoint", not before.get("enablePrivateEndpoint") and not endpoints)
    if access in _PROXIED or not public:
        endpoint = endpoints.get("privateEndpoint") or before.get("privateEndpoint") or endpoint
    certificate = get(cluster, "masterAuth.clusterCaCertificate")
    if not endpoint or not certificate:
        raise PlatformError(f"cluster {name} is {cluster.get('status')} and has no endpoint yet; run the base first")
    found = {
        "endpoint": f"https://{endpoint}",
        "ca_certificate": base64.b64decode(certificate).decode("ascii"),
    }
    if access in _PROXIED:
        if not proxy:
            raise OptionError(f"{_PROXIED[access]} is missing; access: {access} needs it")
        found["proxy"] = proxy
    return found


def by_iap(project: str, bastion: dict[str, Any] | None) -> str | None:
    """The proxy on a bastion as a URL, from the option of that name. Pure."""
    if not bastion:
        return None
    return f"iap://projects/{project}/zones/{bastion['zone']}/instances/{bastion['instance']}:{bastion['port']}"


def run_connection(settings: CloudSettings, args: dict[str, Any], check: bool) -> dict[str, Any]:
    """``gcp_cluster_connection`` with validated options: ``exists``, and ``connection`` with its token.

    A cluster that does not exist is a failure, but not in check mode: there it may be only planned.
    """
    client = connect(settings)
    path = f"v1/projects/{settings.project}/locations/{args['location']}/clusters/{args['cluster']}"
    try:
        cluster = client.read("container", path)
    except ApiError as error:
        if not (error.missing or error.disabled):
            raise
        if check:
            return {"changed": False, "exists": False}
        raise PlatformError(
            f"there is no cluster {args['cluster']} in {settings.project}/{args['location']}; run base.yml first"
        ) from None
    proxy = by_iap(settings.project, args["bastion"]) if args["access"] == "iap" else args["proxy"]
    connection = choose(cluster, args["access"], proxy)
    connection["token"] = client.tokens.get()
    return {"changed": False, "exists": True, "connection": connection}
