"""Every file that a running Envoy follows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from testbed.gateway.envoy.clusters import cluster, endpoints, waf
from testbed.gateway.envoy.listeners import listener
from testbed.gateway.envoy.sources import TYPE, Json, certificate_file, endpoints_file, file_source
from testbed.gateway.model import LoadBalancer


def bootstrap(folder: Path) -> Json:
    """What Envoy is started with."""
    return {
        "node": {"id": "load-balancer", "cluster": folder.name},
        "dynamic_resources": {
            "lds_config": file_source(folder, "listeners.json"),
            "cds_config": file_source(folder, "clusters.json"),
        },
    }


def files(
    balancers: Iterable[LoadBalancer], folder: Path, source: str, healthy: Mapping[str, frozenset[str]], waf_port: int
) -> dict[str, Json]:
    """Every file by name. ``source`` is the proxies' own address, ``healthy`` the endpoints that pass their check."""
    everything = list(balancers)
    backends = {backend.key: backend for balancer in everything for backend in balancer.backends.values()}
    made = {
        "listeners.json": _response(
            listener(balancer, port, folder) for balancer in everything for port in balancer.listeners
        ),
        "clusters.json": _response(
            [*(cluster(backend, folder, source) for backend in backends.values()), waf(waf_port)]
        ),
    }
    for backend in backends.values():
        made[endpoints_file(backend.key)] = _response([endpoints(backend, healthy.get(backend.key, frozenset()))])
    for balancer in everything:
        for port in balancer.listeners:
            for certificate in port.certificates:
                name = f"{certificate.namespace}/{certificate.name}"
                made[certificate_file(name)] = _response([{
                    "@type": f"{TYPE}extensions.transport_sockets.tls.v3.Secret",
                    "name": name,
                    "tls_certificate": {
                        "certificate_chain": {"inline_string": certificate.chain},
                        "private_key": {"inline_string": certificate.key},
                    },
                }])  # fmt: skip
    return made


def _response(resources: Iterable[Json]) -> Json:
    return {"resources": list(resources)}
