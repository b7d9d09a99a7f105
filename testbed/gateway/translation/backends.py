"""Backends: a port of a Service, or of a fleet's ServiceImport, with the policies that target it. Pure.

Sources: ``appProtocol`` decides the protocol; with HTTPS and no policy the certificate is not verified and the health
check is HTTPS on the serving port, path ``/`` (captured); HealthCheckPolicy and GCPBackendPolicy by their published
types; of several policies for one Service the oldest wins.
"""

from __future__ import annotations

from typing import Any

from testbed.gateway.model import Backend, BackendTls, HealthCheck, Object, Project, TranslationError
from testbed.gateway.translation.snapshot import Snapshot

PROTOCOLS = {"HTTP": "HTTP", "HTTPS": "HTTPS", "HTTP2": "HTTP2", "KUBERNETES.IO/H2C": "H2C"}
CHECKED = {"HTTP": "HTTP", "HTTPS": "HTTPS", "HTTP2": "HTTP2", "H2C": "TCP"}


def backend(kind: str, namespace: str, service: str, port: int, snapshot: Snapshot, project: Project) -> Backend:
    """The backend of a port of a Service or ServiceImport; raises TranslationError where it can't be one."""
    found = snapshot.get(kind, namespace, service)
    if found is None:
        raise TranslationError(
            "GWCER104", f"error GWCER102: {kind} {namespace}/{service} does not exist", "BackendNotFound"
        )
    entry = next((item for item in found["spec"].get("ports") or () if item["port"] == port), None)
    if entry is None:
        raise TranslationError("GWCER104", f"{kind} {namespace}/{service} has no port {port}", "BackendNotFound")
    protocol = _protocol(found, entry)
    policy = _first(snapshot, "GCPBackendPolicy", found)
    security = str(policy.get("securityPolicy") or "")
    if security and security not in project.policies:
        raise TranslationError(
            "GWCER102",
            f"security policy {security} of projects/{project.project}/{project.scope} does not exist",
        )
    name = entry.get("name") or ""
    tiers = tuple((region, member.endpoints(namespace, service, name)) for region, member in snapshot.members
                  if member.exported(namespace, service))  # fmt: skip
    own = snapshot.endpoints(namespace, service, name) if kind == "Service" else ()
    return Backend(
        namespace, service, port, protocol, (*own, *(item for _region, tier in tiers for item in tier)),
        health_check(_first(snapshot, "HealthCheckPolicy", found), protocol),
        tls=_tls(found, entry, snapshot) if protocol in ("HTTPS", "HTTP2") else None,
        security_policy=security,
        timeout=int(policy.get("timeoutSec") or 30),
        tiers=tiers,
    )  # fmt: skip


def _protocol(service: Object, entry: Object) -> str:
    given = entry.get("appProtocol") or "HTTP"
    found = PROTOCOLS.get(str(given).upper())
    if found is None:
        name = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        raise TranslationError("GWCER104", f"{service['kind']} {name}: appProtocol {given} is not supported", "Invalid")
    return found


def health_check(policy: dict[str, Any], protocol: str) -> HealthCheck:
    """The health check of a backend, from a HealthCheckPolicy's ``default`` or from its protocol."""
    config = policy.get("config") or {}
    kind = str(config.get("type") or CHECKED[protocol])
    check = config.get(f"{kind.lower()}HealthCheck") or {}
    return HealthCheck(
        kind,
        port=int(check.get("port") or 0),
        path=str(check.get("requestPath") or "/"),
        host=str(check.get("host") or ""),
        interval=int(policy.get("checkIntervalSec") or 5),
        timeout=int(policy.get("timeoutSec") or 5),
        healthy=int(policy.get("healthyThreshold") or 2),
        unhealthy=int(policy.get("unhealthyThreshold") or 2),
    )


def _first(snapshot: Snapshot, kind: str, service: Object) -> dict[str, Any]:
    """The ``default`` of the policy that holds for a Service, or for a ServiceImport."""
    metadata = service["metadata"]
    for policy in snapshot.policies(kind, service["kind"], metadata["namespace"], metadata["name"]):
        return dict(policy["spec"].get("default") or {})
    return {}


def _tls(service: Object, entry: Object, snapshot: Snapshot) -> BackendTls | None:
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    for policy in snapshot.policies("BackendTLSPolicy", service["kind"], namespace, name):
        refs = [ref for ref in policy["spec"]["targetRefs"] if ref["name"] == name]
        if not any(ref.get("sectionName") in (None, entry.get("name")) for ref in refs):
            continue
        validation = policy["spec"]["validation"]
        return BackendTls(
            validation["hostname"],
            tuple(
                str(item.get("hostname") or item.get("uri")) for item in validation.get("subjectAltNames") or ()
            ) or (validation["hostname"],),
            _authority(validation, namespace, snapshot),
        )  # fmt: skip
    return None


def _authority(validation: Object, namespace: str, snapshot: Snapshot) -> str:
    """The PEM of the authorities that a policy names; empty for the well-known ones."""
    refs = validation.get("caCertificateRefs") or ()
    if len(refs) > 8:
        raise TranslationError("GWCER104", f"BackendTLSPolicy: {len(refs)} caCertificateRefs, at most 8", "Invalid")
    pieces = []
    for ref in refs:
        config = snapshot.get("ConfigMap", namespace, ref["name"]) if ref["kind"] == "ConfigMap" else None
        text = ((config or {}).get("data") or {}).get("ca.crt", "")
        if "BEGIN CERTIFICATE" not in text:
            raise TranslationError(
                "GWCER102",
                f"ConfigMap {namespace}/{ref['name']} with a key ca.crt does not exist",
                "InvalidCACertificateRef",
            )
        pieces.append(text)
    return "\n".join(pieces)
