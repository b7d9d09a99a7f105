"""What GKE puts into a cluster that has asked for Gateway API, and into a fleet's: the definitions and the classes.

Gateway API's own definitions come from its module. GKE's are published as types (GoogleCloudPlatform/gke-gateway-api);
their fields, ranges and rules are here as data: a health check names exactly its type and that type's settings, a port
excludes a port's name, a policy targets one object of its namespace.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml

from testbed.images import golang

Schema = dict[str, Any]
CLASSES = (
    "gke-l7-global-external-managed", "gke-l7-regional-external-managed", "gke-l7-rilb", "gke-l7-gxlb",
)  # fmt: skip
CONTROLLER = "networking.gke.io/gateway"
# https://cloud.google.com/kubernetes-engine/docs/how-to/enabling-multi-cluster-gateways: in the config cluster alone.
FLEET_CLASSES = (
    "gke-l7-global-external-managed-mc", "gke-l7-regional-external-managed-mc", "gke-l7-rilb-mc", "gke-l7-gxlb-mc",
    "gke-l7-cross-regional-internal-managed-mc",
)  # fmt: skip
_ANY: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_TEXT: Schema = {"type": "string"}


def gateway_api() -> list[dict[str, Any]]:
    """Gateway API's definitions, of the standard channel."""
    folder = golang.module_source(golang.BY_NAME["gateway-api"]) / "config" / "crd" / "standard"
    paths = (path for path in sorted(folder.glob("gateway.networking.k8s.io_*.yaml")) if "_vap_" not in path.name)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [yaml.load(path.read_text(), Loader=loader) for path in paths]  # noqa: S506  a safe loader either way


@cache
def definitions() -> tuple[dict[str, Any], ...]:
    """Every definition."""
    return (
        *gateway_api(),
        _definition("networking.gke.io", "GCPBackendPolicy", "gcpbackendpolicies", _targeted(_backend_policy())),
        _definition("networking.gke.io", "GCPGatewayPolicy", "gcpgatewaypolicies", _targeted(_gateway_policy())),
        _definition("networking.gke.io", "HealthCheckPolicy", "healthcheckpolicies", _targeted(_health_policy())),
        _definition("networking.gke.io", "GCPHTTPFilter", "gcphttpfilters", _object(cachePolicy=_ANY)),
    )


def of_services() -> tuple[dict[str, Any], ...]:
    """What the feature of multi-cluster Services brings into every cluster of the fleet."""
    return (
        _definition("net.gke.io", "ServiceExport", "serviceexports", _ANY),
        _definition("net.gke.io", "ServiceImport", "serviceimports", _ANY),
    )


def classes(names: Sequence[str] = CLASSES) -> list[dict[str, Any]]:
    """The classes of one of GKE's controllers."""
    return [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": name},
            "spec": {"controllerName": CONTROLLER},
        }
        for name in names
    ]


def _backend_policy() -> Schema:
    return _object(
        securityPolicy=_TEXT,
        timeoutSec=_number(1, 2147483647),
        maxRatePerEndpoint=_number(1, 1000000000),
        backendPreference={"type": "string", "enum": ["DEFAULT", "PREFERRED"]},
        logging=_object(enabled={"type": "boolean"}, sampleRate=_number(0, 1000000)),
        connectionDraining=_object(drainingTimeoutSec=_number(0, 3600)),
        sessionAffinity=_object(type=_TEXT, cookieTtlSec=_number(0, 1209600)),
        iap=_ANY,
    )


def _gateway_policy() -> Schema:
    return _object(sslPolicy=_TEXT, allowGlobalAccess={"type": "boolean"}, region=_TEXT)


def _health_policy() -> Schema:
    port: Schema = {
        "port": _number(1, 65535),
        "portName": _TEXT,
        "portSpecification": {"type": "string", "enum": ["USE_FIXED_PORT", "USE_NAMED_PORT", "USE_SERVING_PORT"]},
        "proxyHeader": {"type": "string", "enum": ["NONE", "PROXY_V1"]},
        "response": _TEXT,
    }
    http = _object(**port, host=_TEXT, requestPath={"type": "string", "pattern": "^/"})
    checks: Schema = {
        "httpHealthCheck": http,
        "httpsHealthCheck": http,
        "http2HealthCheck": http,
        "tcpHealthCheck": _object(**port, request=_TEXT),
        "grpcHealthCheck": _object(**port, grpcServiceName=_TEXT),
    }
    for check in checks.values():
        check["x-kubernetes-validations"] = [
            {"rule": "!(has(self.port) && has(self.portName))", "message": "port and portName exclude each other"},
        ]
    config = _object(type={"type": "string", "enum": ["TCP", "HTTP", "HTTPS", "HTTP2", "GRPC"]}, **checks)
    config["required"] = ["type"]
    config["x-kubernetes-validations"] = [
        {
            "rule": " && ".join(
                f"(has(self.{name}) == (self.type == '{name.removesuffix('HealthCheck').upper()}'))" for name in checks
            ),
            "message": "config has exactly two properties: type and the health check of that type",
        }
    ]
    made = _object(
        checkIntervalSec=_number(1, 300),
        timeoutSec=_number(1, 300),
        healthyThreshold=_number(1, 10),
        unhealthyThreshold=_number(1, 10),
        logConfig=_object(enabled={"type": "boolean"}),
        config=config,
    )
    made["x-kubernetes-validations"] = [
        {
            "rule": "!has(self.timeoutSec) || "
            "self.timeoutSec <= (has(self.checkIntervalSec) ? self.checkIntervalSec : 5)",
            "message": "timeoutSec must not be greater than checkIntervalSec",
        }
    ]
    return made


def _targeted(default: Schema) -> Schema:
    """A policy's spec: what it sets by default, and the one object that it targets."""
    reference = _object(group=_TEXT, kind=_TEXT, name=_TEXT, namespace=_TEXT)
    reference["required"] = ["group", "kind", "name"]
    return _object(default=default, targetRef=reference) | {"required": ["targetRef"]}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": dict(properties)}


def _number(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _definition(group: str, kind: str, plural: str, spec: Schema) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"spec": spec, "status": _ANY}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [{
                "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    }  # fmt: skip
