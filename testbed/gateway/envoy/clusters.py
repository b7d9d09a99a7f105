"""Backends as Envoy's clusters and endpoints, and the WAF as one of them. Pure."""

from __future__ import annotations

from pathlib import Path

from testbed.gateway.envoy.sources import TYPE, Json, endpoints_file, file_source
from testbed.gateway.model import Backend, BackendTls

WAF_CLUSTER = "waf"


def cluster(backend: Backend, folder: Path, source: str) -> Json:
    """A backend: calls come from ``source``, the proxies' own address."""
    made: Json = {
        "@type": f"{TYPE}config.cluster.v3.Cluster",
        "name": backend.key,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": file_source(folder, endpoints_file(backend.key))},
        "connect_timeout": "5s",
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "ignore_health_on_host_removal": True,
        "upstream_bind_config": {"source_address": {"address": source, "port_value": 0}},
    }
    second = backend.protocol in ("HTTP2", "H2C")
    protocol: Json = {"http2_protocol_options": {}} if second else {"http_protocol_options": {}}
    made["typed_extension_protocol_options"] = {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": f"{TYPE}extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": protocol,
        }
    }
    if backend.protocol in ("HTTPS", "HTTP2"):
        made["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": f"{TYPE}extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                **({"sni": backend.tls.server_name} if backend.tls else {}),
                "common_tls_context": {
                    "alpn_protocols": ["h2"] if second else ["http/1.1"],
                    **({"validation_context": _validation(backend.tls)} if backend.tls else {}),
                },
            },
        }
    return made


def _validation(tls: BackendTls) -> Json:
    authority = tls.authority
    trusted = {"inline_string": authority} if authority else {"filename": "/etc/ssl/certs/ca-certificates.crt"}
    names = [{"san_type": "URI" if "://" in name else "DNS", "matcher": {"exact": name}} for name in tls.subject_names]
    return {"trusted_ca": trusted, "match_typed_subject_alt_names": names}


def endpoints(backend: Backend, healthy: frozenset[str]) -> Json:
    """A backend's endpoints; those that fail their health check get no request.

    A region serves as long as it is the closest, and less than all when fewer than half of its endpoints are healthy:
    https://cloud.google.com/knowledge/kb/multi-cluster-ingress-traffic-spillover-000004682
    """
    made: Json = {
        "@type": f"{TYPE}config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": backend.key,
        "endpoints": [
            {
                "priority": place,
                **({"locality": {"region": region}} if region else {}),
                "lb_endpoints": [_endpoint(address, port, healthy) for address, port in found],
            }
            for place, (region, found) in enumerate(backend.tiers or [("", backend.endpoints)])
        ],
    }
    return {**made, "policy": {"overprovisioning_factor": 200}} if backend.tiers else made


def _endpoint(address: str, port: int, healthy: frozenset[str]) -> Json:
    return {
        "endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}},
        "health_status": "HEALTHY" if f"{address}:{port}" in healthy else "UNHEALTHY",
    }


def waf(port: int) -> Json:
    """The WAF beside Envoy."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {
        "@type": f"{TYPE}config.cluster.v3.Cluster",
        "name": WAF_CLUSTER,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": WAF_CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
