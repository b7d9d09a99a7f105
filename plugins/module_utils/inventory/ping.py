# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ping service's instances as releases of its chart, and the certificates of their hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Body = dict[str, Any]
Instance = Mapping[str, Any]


def ping_releases(
    instances: Sequence[Instance],
    *,
    chart: str,
    image: str,
    place: Mapping[str, str],
    callers: Sequence[str],
    paths: Sequence[str],
    ingress_namespace: str,
    gateway: str = "",
    values: Mapping[str, Any] | None = None,
) -> list[Body]:
    """One release of the chart for each instance, as ``k8s_apply`` takes charts.

    instances: name, namespace (the name where it has none), peer, mesh (bool), host, tls_host, tls_public,
    ingress_host, and values, which win over those of all.
    image: with its tag.
    place: region and cluster, which the service names in its answers.
    callers: namespaces that may call an instance in the mesh.
    paths: what is reachable from outside.
    ingress_namespace: of the ingress controller, which calls instances that have an ingress_host.
    gateway: namespace/name of a Gateway of Istio's that serves the hosts; each has one of its own where empty.
    """
    common = {"image": _image(image), **place}
    return [
        {
            "name": instance["name"],
            "namespace": _home(instance),
            "chart": chart,
            "values": _merged(
                {"fullname": instance["name"], "target": _target(instance), **common},
                _mesh(instance, callers),
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


def _mesh(instance: Instance, callers: Sequence[str]) -> Body:
    mesh = instance.get("mesh", True)
    outside = {"callers": [], "peers": [], "meshNamespace": ""}
    return {
        "networkPolicy": {"callers": list(callers)} if mesh else outside,
        "peerAuthentication": {"enabled": mesh},
    }


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
    return f"http://{peer}.{peer}.svc.cluster.local:8080/ping" if peer else ""


def _home(instance: Instance) -> str:
    return str(instance.get("namespace") or instance["name"])


def _secret(host: str) -> str:
    """The name of the Secret with a host's certificate."""
    return host.replace(".", "-")
