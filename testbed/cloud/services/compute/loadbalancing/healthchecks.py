"""Health checks; the ones for DNS have rules of their own."""

from __future__ import annotations

from dataclasses import replace

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.regions import REGIONS
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register

# The message of each type and its default port.
TYPES = {
    "HTTP": ("httpHealthCheck", 80),
    "HTTPS": ("httpsHealthCheck", 443),
    "HTTP2": ("http2HealthCheck", 443),
    "TCP": ("tcpHealthCheck", 80),
    "SSL": ("sslHealthCheck", 443),
    "GRPC": ("grpcHealthCheck", None),
    "GRPC_WITH_TLS": ("grpcTlsHealthCheck", None),
}
FOR_DNS = ("HTTP", "HTTPS", "TCP")
SECONDS = (1, 300)
THRESHOLD = (1, 10)
DNS_INTERVAL = 30


def _refuse(field: str, value: object, rule: str) -> ApiError:
    return invalid(f"Invalid value for field 'resource.{field}': '{value}'. {rule}")


def _prepare(call: Call, body: Body) -> None:
    for field, default in (("checkIntervalSec", 5), ("timeoutSec", 5), ("healthyThreshold", 2)):
        body.setdefault(field, default)
    body.setdefault("unhealthyThreshold", 2)
    _check(call, {}, body)


def _check(call: Call, _old: Body, body: Body) -> None:
    kind = body.get("type")
    if kind not in TYPES:
        raise _refuse("type", kind or "", "A health check needs a type.")
    message, port = TYPES[kind]
    for other, _unused in TYPES.values():
        if other != message and body.get(other):
            raise _refuse(other, "", f"A health check of type {kind} takes {message} only.")
    config = dict(body.get(message) or {})
    if port and not config.get("portSpecification") and not config.get("portName"):
        config.setdefault("port", port)
    if kind.startswith("HTTP"):
        config.setdefault("requestPath", "/")
    if not kind.startswith("GRPC"):
        config.setdefault("proxyHeader", "NONE")
    if config.get("port") is not None and not 1 <= int(config["port"]) <= 65535:
        raise _refuse(f"{message}.port", config["port"], "Must be between 1 and 65535, inclusive.")
    body[message] = config
    _check_times(body)
    if body.get("sourceRegions") and "region" in call.path:
        raise _refuse("sourceRegions", body["sourceRegions"], "They are of global health checks alone.")
    if body.get("sourceRegions"):
        _check_for_dns(body, kind, config)


def _check_times(body: Body) -> None:
    for fields, (low, high) in (
        (("checkIntervalSec", "timeoutSec"), SECONDS),
        (("healthyThreshold", "unhealthyThreshold"), THRESHOLD),
    ):
        for field in fields:
            if not low <= int(body[field]) <= high:
                raise _refuse(field, body[field], f"Must be between {low} and {high}, inclusive.")
    if int(body["timeoutSec"]) > int(body["checkIntervalSec"]):
        raise _refuse("timeoutSec", body["timeoutSec"], "It can't be greater than checkIntervalSec.")


def _check_for_dns(body: Body, kind: str, config: Body) -> None:
    """The restrictions that the API's own description of `sourceRegions` lists."""
    regions = body["sourceRegions"]
    if len(regions) != 3 or len(set(regions)) != 3:
        raise _refuse("sourceRegions", regions, "Exactly 3 source regions must be specified.")
    for region in regions:
        if region not in REGIONS:
            raise _refuse("sourceRegions", region, "It is not a region.")
    if kind not in FOR_DNS:
        raise _refuse("type", kind, "Health checks with source regions must be HTTP, HTTPS or TCP.")
    if int(body["checkIntervalSec"]) < DNS_INTERVAL:
        raise _refuse(
            "checkIntervalSec",
            body["checkIntervalSec"],
            f"Health checks with source regions need an interval of at least {DNS_INTERVAL} seconds.",
        )
    if config.get("proxyHeader", "NONE") != "NONE":
        raise _refuse(
            "proxyHeader", config["proxyHeader"], "Health checks with source regions don't support proxyHeader."
        )
    if kind == "TCP" and config.get("request"):
        raise _refuse(
            "tcpHealthCheck.request", config["request"], "Health checks with source regions don't support TCP request."
        )


def _removable(call: Call, resource: Resource) -> None:
    """Record sets point at a health check by URL: Cloud DNS keeps it from being deleted."""
    for record in call.store.of_kind("dns.rrset"):
        if str((record.body.get("routingPolicy") or {}).get("healthCheck", "")).endswith(resource.path):
            raise ApiError(
                400,
                f"The health_check resource '{resource.path}' is used by '{record.path.replace('~', ' ')}'",
                reason="resourceInUseByAnotherResource",
            )


HEALTH_CHECK = Kind(
    plural="healthChecks",
    singular="healthCheck",
    schema="HealthCheck",
    scope="global",
    quota="HEALTH_CHECKS",
    mutable=frozenset(
        {
            "checkIntervalSec",
            "description",
            "healthyThreshold",
            "logConfig",
            "sourceRegions",
            "timeoutSec",
            "type",
            "unhealthyThreshold",
            *(message for message, _unused in TYPES.values()),
        }
    ),
    prepare=_prepare,
    change=_check,
    removable=_removable,
)
register(HEALTH_CHECK)
register(replace(HEALTH_CHECK, plural="regionHealthChecks", collection="healthChecks", scope="region"))
