"""SSL policies, global and regional: which versions and ciphers of TLS load balancers speak."""

from __future__ import annotations

from dataclasses import replace

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import invalid
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.routes import register

VERSIONS = ("TLS_1_0", "TLS_1_1", "TLS_1_2", "TLS_1_3")
PROFILES = ("COMPATIBLE", "MODERN", "RESTRICTED", "FIPS_202205", "CUSTOM")


def _prepare(call: Call, body: Body) -> None:
    body.setdefault("minTlsVersion", "TLS_1_0")
    body.setdefault("profile", "COMPATIBLE")
    _check(call, {}, body)


def _check(_call: Call, _old: Body, body: Body) -> None:
    """https://cloud.google.com/load-balancing/docs/ssl-policies-concepts: TLS 1.3 alone goes with RESTRICTED."""
    for field, known in (("minTlsVersion", VERSIONS), ("profile", PROFILES)):
        if body[field] not in known:
            raise invalid(f"Invalid value for field 'resource.{field}': '{body[field]}'. Must be one of {known}.")
    if body["minTlsVersion"] == "TLS_1_3" and body["profile"] != "RESTRICTED":
        raise invalid("Invalid value for field 'resource.minTlsVersion': 'TLS_1_3'. It needs the profile RESTRICTED.")
    if bool(body.get("customFeatures")) != (body["profile"] == "CUSTOM"):
        raise invalid("Invalid value for field 'resource.customFeatures'. They go with the profile CUSTOM alone.")


SSL_POLICY = Kind(
    plural="sslPolicies",
    singular="sslPolicy",
    schema="SslPolicy",
    scope="global",
    quota="SSL_POLICIES",
    fingerprint=True,
    mutable=frozenset({"customFeatures", "description", "minTlsVersion", "profile"}),
    prepare=_prepare,
    change=_check,
)
register(SSL_POLICY)
register(replace(SSL_POLICY, plural="regionSslPolicies", collection="sslPolicies", scope="region"))
