# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ping service's instances as releases of its chart, and the certificates of their hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Body = dict[str, Any]
Instance = Mapping[str, Any]
Caller = Mapping[str, Any]

PORT, METRICS_PORT = 8080, 9080
ROLLING, CANARY = "rolling", "canary"
FIXED, CPU, REQUESTS = "fixed", "cpu", "requests"
# What the role ping runs where an inventory names no instances; a test holds the two together.
DEFAULT: tuple[Instance, ...] = (
    {"name": "pingpong-a"},
    {"name": "pingpong-b"},
    {"name": "pingpong-tls", "mesh": False},
)


def instance_namespaces(instances: Sequence[Instance]) -> list[Body]:
    """Each namespace of instances once: name, and mesh (whether one of them is in it).

    instances: as ping_releases takes them; those of the role's default where there are none.
    """
    mesh: dict[str, bool] = {}
    for instance in instances or DEFAULT:
        home = _home(instance)
        mesh[home] = mesh.get(home, False) or bool(instance.get("mesh", True))
    return [{"name": name, "mesh": meshed} for name, meshed in mesh.items()]


def instance_callers(instances: Sequence[Instance]) -> list[Body]:
    """The instances in the mesh as callers: namespace and service_account; see instance_namespaces."""
    return [
        {"namespace": _home(instance), "service_account": str(instance["name"])}
        for instance in instances or DEFAULT
        if instance.get("mesh", True)
    ]


def ping_releases(
    instances: Sequence[Instance],
    *,
    chart: str,
    image: str,
    place: Mapping[str, str],
    callers: Sequence[Caller],
    trust_domain: str,
    paths: Sequence[str],
    ingress_namespace: str,
    gateway: str = "",
    delivery: str = ROLLING,
    scaling: str = FIXED,
    metrics_callers: Sequence[Caller] = (),
    values: Mapping[str, Any] | None = None,
) -> list[Body]:
    """One release of the chart for each instance, as ``k8s_apply`` takes charts.

    instances: name, namespace (the name where it has none), peer, mesh (bool), host, tls_host, tls_public,
    ingress_host, and values, which win over those of all.
    image: with its tag.
    place: region and cluster, which the service names in its answers.
    callers: who may call an instance in the mesh: namespace, service_account (none: outside the mesh), methods, paths.
    An instance never is its own caller.
    trust_domain: of the callers' certificates.
    paths: what is reachable from outside.
    ingress_namespace: of the ingress controller, which calls instances that have an ingress_host.
    gateway: namespace/name of a Gateway of Istio's that serves the hosts; each has one of its own where empty.
    delivery: how a new version comes to an instance in the mesh: rolling or canary.
    scaling: what decides how many pods there are: fixed, cpu, or requests (and cpu).
    metrics_callers: who may scrape every instance, in the same form.
    """
    scrapers = [_caller(caller) for caller in metrics_callers]
    peers = list(dict.fromkeys(caller["namespace"] for caller in instance_callers(instances)))
    common = {"image": _image(image), "trustDomain": trust_domain, "metricsCallers": scrapers, **place}
    return [
        {
            "name": instance["name"],
            "namespace": _home(instance),
            "chart": chart,
            "values": _merged(
                {"fullname": instance["name"], "target": _target(instance), **common, **_scaled(scaling)},
                _mesh(instance, callers, delivery, peers),
                _hosts(instance, paths, ingress_namespace, gateway),
                values or {},
                instance.get("values", {}),
            ),
        }
        for instance in instances
    ]


def ping_certificates(
    instances: Sequence[Instance], *, gateway_namespace: str, common: Mapping[str, Any]
) -> list[Body]:
    """A certificate for each host, as the module ``certificate`` takes them.

    The gateway's are kept beside the gateway, an instance's own and its ingress host's beside the instance.

    gateway_namespace: of the gateway that serves the hosts; empty where they are served with another certificate.
    common: what all certificates share, such as their issuer.
    """
    return [
        {
            **common,
            "name": host,
            "common_name": host,
            "dns": [host],
            "sinks": [{"secret": {"namespace": namespace, "name": _secret(host)}}],
        }
        for instance in instances
        for host, namespace in (
            (instance.get("host"), gateway_namespace),
            (instance.get("tls_host"), _home(instance)),
            (instance.get("ingress_host"), _home(instance)),
        )
        if host and namespace
    ]


def declared_callers(
    instances: Sequence[Instance],
    *,
    callers: Sequence[Caller],
    metrics_callers: Sequence[Caller],
    delivery: str = ROLLING,
) -> list[Body]:
    """Who may ask each instance in the mesh for what, as ``mtls_check`` takes it; for parameters see ping_releases."""
    return [
        {
            "namespace": _home(instance),
            "workload": instance["name"],
            "port": port,
            "callers": [dict(caller) for caller in known if caller.get("service_account")],
        }
        for instance in instances
        if instance.get("mesh", True)
        for port, known in (
            (PORT, [*_callers_of(instance, callers), *_smoke_test(instance, delivery)]),
            (METRICS_PORT, metrics_callers),
        )
    ]


def _callers_of(instance: Instance, callers: Sequence[Caller]) -> list[Caller]:
    own = (_home(instance), instance["name"])
    return [caller for caller in callers if (caller["namespace"], caller.get("service_account")) != own]


def _smoke_test(instance: Instance, delivery: str) -> list[Caller]:
    """Who asks a canary before any client does; the chart lets it in by itself."""
    account = f"{instance['name']}-smoke"
    asks = {"methods": ["GET"], "paths": ["/ping", "/version"]}
    return [{"namespace": _home(instance), "service_account": account, **asks}] if delivery == CANARY else []


def _caller(caller: Caller) -> Body:
    """A caller in the chart's words."""
    words = {"service_account": "serviceAccount"}
    return {words.get(key, key): value for key, value in caller.items()}


def _mesh(instance: Instance, callers: Sequence[Caller], delivery: str, peers: Sequence[str]) -> Body:
    if instance.get("mesh", True):
        canary = {"canary": {"enabled": True}} if delivery == CANARY else {}
        known = [_caller(caller) for caller in _callers_of(instance, callers)]
        return {"callers": known, "networkPolicy": {"peers": list(peers)}, **canary}
    return {
        "callers": [],
        "networkPolicy": {"peers": [], "meshNamespace": ""},
        "peerAuthentication": {"enabled": False},
        "authorizationPolicy": {"enabled": False},
    }


def _scaled(scaling: str) -> Body:
    if scaling == FIXED:
        return {}
    return {"autoscaling": {"enabled": True, **({"requests": {"enabled": True}} if scaling == REQUESTS else {})}}


def _hosts(instance: Instance, paths: Sequence[str], ingress_namespace: str, gateway: str) -> Body:
    found: Body = {}
    host, tls_host, ingress_host = (instance.get(key) for key in ("host", "tls_host", "ingress_host"))
    if host:
        served = {"name": gateway} if gateway else {"credentialName": _secret(host)}
        found["gateway"] = {"enabled": True, "hosts": [host], "paths": list(paths), **served}
    if tls_host:
        found["tls"] = {"enabled": True, "secretName": _secret(tls_host), "public": instance.get("tls_public", False)}
    if ingress_host:
        found["ingress"] = {
            "enabled": True,
            "host": ingress_host,
            "secretName": _secret(ingress_host),
            "subject": tls_host or "",
        }
        found["networkPolicy"] = {"tlsCallers": [ingress_namespace]}
    return found


def _merged(*parts: Mapping[str, Any]) -> Body:
    """The parts in one, dicts key by key; the later one wins."""
    found: Body = {}
    for part in parts:
        for key, value in part.items():
            before = found.get(key)
            found[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, Mapping) else value
    return found


def _image(image: str) -> Body:
    repository, _separator, tag = image.rpartition(":")
    return {"repository": repository, "tag": tag}


def _target(instance: Instance) -> str:
    peer = instance.get("peer")
    return f"http://{peer}.{peer}.svc.cluster.local:{PORT}/ping" if peer else ""


def _home(instance: Instance) -> str:
    return str(instance.get("namespace") or instance["name"])


def _secret(host: str) -> str:
    """The name of the Secret with a host's certificate."""
    return host.replace(".", "-")
