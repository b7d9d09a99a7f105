# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compute Engine: what decides who is served, and by whom. Source: discovery document compute v1."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.compute.base import LABELS, compute
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Kind,
    Parts,
    one_of,
    patch,
)

# Type of a health check: the field with its settings.
_CHECKS = {
    "HTTP": "httpHealthCheck",
    "HTTPS": "httpsHealthCheck",
    "HTTP2": "http2HealthCheck",
    "TCP": "tcpHealthCheck",
    "SSL": "sslHealthCheck",
    "GRPC": "grpcHealthCheck",
    "GRPC_WITH_TLS": "grpcTlsHealthCheck",
}


def _one_protocol(values: Body) -> Body:
    """A check of one type asks for the absence of what the other types need."""
    kind = str(values.get("type"))
    return {**{field: None for name, field in _CHECKS.items() if name != kind}, **values} if kind in _CHECKS else values


def _cleared(context: Context) -> dict[str, str]:
    """The fields that a PATCH empties: it takes an empty field as one that stays unless the mask names it."""
    names = ",".join(name for name in context.fields if not context.merged.get(name))
    return {"updateMask": names} if names else {}


_ASKED = ("httpHealthCheck", "httpsHealthCheck", "http2HealthCheck")
_PROXIED = (*_ASKED, "tcpHealthCheck", "sslHealthCheck")


def _ssl_policy(name: str, where: str, summary: str) -> Kind:
    return compute(
        name,
        where,
        "sslPolicies",
        summary,
        updates=(patch(fingerprint="fingerprint"),),
        output_only=("region", "enabledFeatures", "warnings"),
        defaults={"minTlsVersion": "TLS_1_0", "profile": "COMPATIBLE"},
    )


def _security_policy(name: str, where: str, summary: str) -> Kind:
    return compute(
        name,
        where,
        "securityPolicies",
        summary,
        labels="labels",
        keyed={"rules": "priority"},
        kept=("rules[2147483647]",),  # the default rule: every policy has it, and it cannot be removed
        unions=(one_of("rules.match", ("versionedExpr", "config"), ("expr", "exprOptions")),),
        requires={
            "rules.rateLimitOptions": ("action", ("throttle", "rate_based_ban")),
            "rules.redirectOptions": ("action", ("redirect",)),
        },
        parts=Parts("rules", "priority", "addRule", "patchRule", "removeRule"),
        updates=(LABELS, replace(patch(fingerprint="fingerprint"), query=_cleared)),
        immutable=("type",),
        defaults={"type": "CLOUD_ARMOR"},
    )


KINDS = (
    compute(
        "health_check",
        "global",
        "healthChecks",
        "Health check; for DNS failover it needs exactly three sourceRegions",
        updates=(patch(),),
        prepare=_one_protocol,
        defaults={
            "checkIntervalSec": 5,
            "healthyThreshold": 2,
            "timeoutSec": 5,
            "unhealthyThreshold": 2,
            **{f"{field}.proxyHeader": "NONE" for field in _PROXIED},
            **{f"{field}.requestPath": "/" for field in _ASKED},
        },
    ),
    _ssl_policy(
        "ssl_policy",
        "regions/{region}",
        "SSL policy of a region: the versions and ciphers of TLS that its load balancers speak",
    ),
    _ssl_policy("global_ssl_policy", "global", "SSL policy of global load balancers"),
    _security_policy("security_policy", "regions/{region}", "Cloud Armor policy of a region, with its rules"),
    _security_policy("global_security_policy", "global", "Cloud Armor policy of global load balancers, with its rules"),
)
