"""How a control plane is reached: held in a newer message and in three older ones, which GKE keeps in step.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#ControlPlaneEndpointsConfig
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Network

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.values import project_number

NEWER = "controlPlaneEndpointsConfig"
# What the older messages hold, by the request's field that sets it.
OLDER = frozenset(
    {"masterAuthorizedNetworksConfig", "networkConfig.defaultEnablePrivateNodes", "privateClusterConfig",
     "privateClusterConfig.enablePrivateEndpoint"}
)  # fmt: skip
# Who may come: those of Google's own cloud too, unless switched off.
AUTHORIZED = {"gcpPublicCidrsAccessEnabled": True}


def complete(body: Body, sent: Body, project: str) -> None:
    """A new cluster's messages, in step with whichever were sent; the newer one counts where both were."""
    private = body.setdefault("privateClusterConfig", {})
    networks = body["networkConfig"]
    if "defaultEnablePrivateNodes" in networks:
        private["enablePrivateNodes"] = networks["defaultEnablePrivateNodes"]
    elif private.get("enablePrivateNodes"):
        networks["defaultEnablePrivateNodes"] = True
    body["masterAuthorizedNetworksConfig"] = AUTHORIZED | (body.get("masterAuthorizedNetworksConfig") or {})
    if NEWER in sent:
        ip = (body.setdefault(NEWER, {})).setdefault("ipEndpointsConfig", {})
        ip["authorizedNetworksConfig"] = (
            AUTHORIZED | ip["authorizedNetworksConfig"]
            if ip.get("authorizedNetworksConfig") is not None
            else body["masterAuthorizedNetworksConfig"]
        )
        _to_older(body)
    _to_newer(body)
    name = hashlib.sha256(f"{project}/{body['location']}/{body['name']}".encode()).hexdigest()[:28]
    dns = body[NEWER].setdefault("dnsEndpointConfig", {})
    dns.setdefault("allowExternalTraffic", False)
    dns["endpoint"] = f"gke-{name}-{project_number(project)}.{body['location']}.gke.goog"


def changed(body: Body, field: str) -> None:
    """The other messages after an update of one of them, and the addresses that follow."""
    if field == NEWER:
        _to_older(body)
    elif field in OLDER:
        private = body.setdefault("privateClusterConfig", {})
        networks = body["networkConfig"]
        if field == "networkConfig.defaultEnablePrivateNodes":
            private["enablePrivateNodes"] = networks["defaultEnablePrivateNodes"]
        elif field == "privateClusterConfig":
            networks["defaultEnablePrivateNodes"] = bool(private.get("enablePrivateNodes"))
        _to_newer(body)
    else:
        return
    if body.get("endpoint"):
        addressed(body, str(body[NEWER]["ipEndpointsConfig"].get("privateEndpoint") or body["endpoint"]))


def private_address(call: Call, body: Body) -> str:
    """The address that a new control plane has in its subnetwork; empty for one that shows its node's own."""
    ip = body[NEWER]["ipEndpointsConfig"]
    subnetwork = call.store.get(f"compute/{ip.get('privateEndpointSubnetwork')}")
    if not call.cloud.settings.private_endpoints or ip["enablePublicEndpoint"] or subnetwork is None:
        return ""
    taken = {item.body.get("endpoint") for item in call.store.of_kind("container.cluster")}
    # The first one is the subnetwork's gateway.
    usable = list(IPv4Network(subnetwork.body["ipCidrRange"]).hosts())[1:]
    return next(str(address) for address in usable if str(address) not in taken)


def addressed(body: Body, endpoint: str) -> None:
    """Write the address of a control plane, one for inside and outside here, wherever GKE shows it."""
    private, ip = body["privateClusterConfig"], body[NEWER]["ipEndpointsConfig"]
    body["endpoint"] = endpoint
    for holder in (private, ip):
        holder["privateEndpoint"] = endpoint
        if ip["enablePublicEndpoint"]:
            holder["publicEndpoint"] = endpoint
        else:
            holder.pop("publicEndpoint", None)


def _to_older(body: Body) -> None:
    ip = body[NEWER].setdefault("ipEndpointsConfig", {})
    private = body.setdefault("privateClusterConfig", {})
    if "authorizedNetworksConfig" in ip:
        body["masterAuthorizedNetworksConfig"] = dict(ip["authorizedNetworksConfig"])
    if "enablePublicEndpoint" in ip:
        _switch(private, "enablePrivateEndpoint", not ip["enablePublicEndpoint"])
    if ip.get("globalAccess"):
        private["masterGlobalAccessConfig"] = {"enabled": True}
    else:
        private.pop("masterGlobalAccessConfig", None)
    if ip.get("privateEndpointSubnetwork"):
        private["privateEndpointSubnetwork"] = ip["privateEndpointSubnetwork"]
    else:
        ip.pop("privateEndpointSubnetwork", None)


def _to_newer(body: Body) -> None:
    private = body["privateClusterConfig"]
    ip = body.setdefault(NEWER, {}).setdefault("ipEndpointsConfig", {})
    ip.setdefault("enabled", True)
    ip["authorizedNetworksConfig"] = dict(body["masterAuthorizedNetworksConfig"])
    ip["enablePublicEndpoint"] = not private.get("enablePrivateEndpoint", False)
    ip["globalAccess"] = bool((private.get("masterGlobalAccessConfig") or {}).get("enabled"))
    if private.get("privateEndpointSubnetwork"):
        ip["privateEndpointSubnetwork"] = private["privateEndpointSubnetwork"]


def _switch(body: Body, name: str, on: bool) -> None:
    # What is false is left out.
    if on:
        body[name] = True
    else:
        body.pop(name, None)
