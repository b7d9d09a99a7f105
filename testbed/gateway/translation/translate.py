"""From a Gateway, what refers to it and the project around it to a load balancer, or to Google's refusal. Pure.

The rules, each with where it was read:
- a Gateway of a regional class needs an active proxy-only subnetwork; GKE makes none (captured SYNC event);
- ``addresses`` takes NamedAddress alone, and the name of a reserved address of its scope (GWCER106);
- one missing TLS Secret stops the whole Gateway, HTTP listeners too (GWCER102);
- a route that names a missing Service gets BackendNotFound, and its Gateway is not synchronised (GWCER102/104);
- timeouts of a rule, matches by method or query are refused (GWCER104; exempted in GKE's conformance run).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.gateway.model import (
    Backend,
    Certificate,
    Listener,
    LoadBalancer,
    Object,
    Project,
    Route,
    TranslationError,
)
from testbed.gateway.translation.routes import bind
from testbed.gateway.translation.snapshot import Snapshot, decoded, granted

NO_PROXY_SUBNET = "An active proxy-only subnetwork is required in the same region and VPC as the forwarding rule."
Name = tuple[str, str]


@dataclass
class Translation:
    """What came of one Gateway. ``routes`` maps each route to what is wrong with it, None for nothing.

    ``attached`` counts the routes of each listener.
    """

    gateway: Object
    balancer: LoadBalancer | None = None
    error: TranslationError | None = None
    routes: dict[Name, TranslationError | None] = field(default_factory=dict)
    attached: dict[str, int] = field(default_factory=dict)


def translate(gateway: Object, snapshot: Snapshot, project: Project) -> Translation:
    """The load balancer of one Gateway of a class that is served here."""
    made = Translation(gateway)
    try:
        made.balancer = _balancer(made, snapshot, project)
    except TranslationError as error:
        made.error = error
    return made


def _balancer(made: Translation, snapshot: Snapshot, project: Project) -> LoadBalancer:
    metadata, spec = made.gateway["metadata"], made.gateway["spec"]
    backends: dict[str, Backend] = {}
    bound: dict[str, list[Route]] = {listener["name"]: [] for listener in spec["listeners"]}
    for obj in snapshot.routes(made.gateway):
        name = (obj["metadata"]["namespace"], obj["metadata"]["name"])
        try:
            bind(obj, made.gateway, snapshot, project, backends, bound)
            made.routes[name] = None
        except TranslationError as error:
            made.routes[name] = error
    made.attached = {name: len(routes) for name, routes in bound.items()}
    if project.region and not project.proxy_range:
        raise TranslationError("", NO_PROXY_SUBNET)
    address_name, address = _address(spec, project)
    listeners = _listeners(made.gateway, snapshot, bound)
    refused = next((error for error in made.routes.values() if error is not None), None)
    if refused is not None:
        raise refused
    ssl_policy = _ssl_policy(made.gateway, snapshot, project)
    return LoadBalancer(
        metadata["namespace"], metadata["name"], address, address_name, listeners, backends,
        min_tls=project.ssl_policies.get(ssl_policy, "TLS_1_0"), ssl_policy=ssl_policy,
    )  # fmt: skip


def _address(spec: Mapping[str, Any], project: Project) -> tuple[str, str]:
    """The name and the address that the Gateway asks for; an unnamed one is left to the controller."""
    addresses = spec.get("addresses") or []
    if not addresses:
        return "", ""
    for entry in addresses:
        kind, value = entry.get("type", "IPAddress"), entry.get("value", "")
        if kind != "NamedAddress":
            raise TranslationError(
                "GWCER106", f'address type "{kind}" is not supported, expected NamedAddress', "UnsupportedAddress"
            )
        if value not in project.addresses:
            raise TranslationError(
                "GWCER106",
                f'address "{value}" of projects/{project.project}/{project.scope} was not found',
            )
    name = addresses[0]["value"]
    return name, project.addresses[name]


def _listeners(gateway: Object, snapshot: Snapshot, bound: Mapping[str, list[Route]]) -> tuple[Listener, ...]:
    ports: dict[int, list[Object]] = {}
    for listener in gateway["spec"]["listeners"]:
        if listener["protocol"] not in ("HTTP", "HTTPS"):
            raise TranslationError(
                "GWCER106", f'listener "{listener["name"]}": protocol {listener["protocol"]} is not supported'
            )
        ports.setdefault(listener["port"], []).append(listener)
    made = []
    for port, listeners in sorted(ports.items()):
        if len({listener["protocol"] for listener in listeners}) > 1:
            raise TranslationError("GWCER106", f"listeners of port {port} have different protocols")
        certificates: dict[Name, Certificate] = {}
        for listener in listeners:
            for certificate in _certificates(gateway, listener, snapshot):
                certificates[certificate.namespace, certificate.name] = certificate
        routes = [route for listener in listeners for route in bound[listener["name"]]]
        made.append(Listener(port, tuple(certificates.values()), tuple(dict.fromkeys(routes))))
    return tuple(made)


def _certificates(gateway: Object, listener: Object, snapshot: Snapshot) -> list[Certificate]:
    if listener["protocol"] != "HTTPS":
        return []
    own = gateway["metadata"]["namespace"]
    found = []
    for ref in (listener.get("tls") or {}).get("certificateRefs") or ():
        namespace, name = ref.get("namespace", own), ref["name"]
        secret = snapshot.get("Secret", namespace, name)
        if secret is None or not (decoded(secret, "tls.crt") and decoded(secret, "tls.key")):
            raise TranslationError("GWCER102", f"Secret {namespace}/{name} does not exist", "InvalidCertificateRef")
        if namespace != own and not granted(snapshot, "Gateway", own, "Secret", namespace, name):
            raise TranslationError("GWCER102", f"Secret {namespace}/{name} is not granted", "RefNotPermitted")
        found.append(Certificate(namespace, name, decoded(secret, "tls.crt"), decoded(secret, "tls.key")))
    if not found:
        raise TranslationError("GWCER106", f'listener "{listener["name"]}" has no certificate')
    return found


def _ssl_policy(gateway: Object, snapshot: Snapshot, project: Project) -> str:
    """The SSL policy that a GCPGatewayPolicy names; empty for none, where compute's own minimum is TLS 1.0."""
    metadata = gateway["metadata"]
    for policy in snapshot.policies("GCPGatewayPolicy", "Gateway", metadata["namespace"], metadata["name"])[:1]:
        name = str((policy["spec"].get("default") or {}).get("sslPolicy") or "").rpartition("/")[2]
        if name and name not in project.ssl_policies:
            raise TranslationError("GWCER102", f"SSL policy {name} of {project.scope} does not exist")
        return name
    return ""
