"""A load balancer's ports as Envoy's listeners: TLS, hosts, routes, the WAF. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from testbed.gateway.envoy.clusters import WAF_CLUSTER
from testbed.gateway.envoy.sources import TYPE, Json, certificate_file, file_source
from testbed.gateway.model import Listener, LoadBalancer, Route, Rule

VERSIONS = {"TLS_1_0": "TLSv1_0", "TLS_1_1": "TLSv1_1", "TLS_1_2": "TLSv1_2", "TLS_1_3": "TLSv1_3"}
REDIRECTS = {
    301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT", 308: "PERMANENT_REDIRECT",
}  # fmt: skip
CACHE = "cache"
# https://cloud.google.com/armor/docs: how much of a body is inspected unless a policy says more.
INSPECTED_BYTES = 8192


def listener(balancer: LoadBalancer, port: Listener, folder: Path) -> Json:
    """A load balancer's port: one chain of filters, which serves every host of it."""
    chain: Json = {
        "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": _connections(balancer, port, folder),
        }]
    }  # fmt: skip
    if port.secure:
        chain["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": f"{TYPE}extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {
                    "alpn_protocols": ["h2", "http/1.1"],
                    "tls_params": {
                        "tls_minimum_protocol_version": VERSIONS[balancer.min_tls],
                        "tls_maximum_protocol_version": "TLSv1_3",
                    },
                    "tls_certificate_sds_secret_configs": [
                        {"name": name, "sds_config": file_source(folder, certificate_file(name))}
                        for name in (f"{item.namespace}/{item.name}" for item in port.certificates)
                    ],
                },
            },
        }
    return {
        "@type": f"{TYPE}config.listener.v3.Listener",
        "name": f"{balancer.namespace}/{balancer.name}/{port.port}",
        "address": {"socket_address": {"address": balancer.address, "port_value": port.port}},
        "freebind": True,
        "filter_chains": [chain],
    }


def _connections(balancer: LoadBalancer, port: Listener, folder: Path) -> Json:
    policies = sorted({backend.security_policy for backend in balancer.backends.values()} - {""})
    cached = any(rule.cache for route in port.routes for rule in route.rules)
    return {
        "@type": f"{TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": f"{balancer.name}-{port.port}",
        "use_remote_address": True,
        "via": "1.1 google",
        "server_header_transformation": "PASS_THROUGH",
        "access_log": [_access_log(folder)],
        "http_filters": [
            # Before the WAF: Cloud Armor's policies of backends see what the cache has not.
            *([_cache()] if cached else []),
            *(_authorization(name) for name in policies),
            {"name": "router", "typed_config": {"@type": f"{TYPE}extensions.filters.http.router.v3.Router"}},
        ],
        "route_config": {
            "name": "url-map",
            "ignore_port_in_host_matching": True,
            # The second of the two entries that Google's load balancers add.
            "request_headers_to_add": [{
                "header": {"key": "x-forwarded-for", "value": "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"},
                "append_action": "APPEND_IF_EXISTS_OR_ADD",
            }],
            "virtual_hosts": _hosts(balancer, port, policies),
        },
    }  # fmt: skip


def _access_log(folder: Path) -> Json:
    fields = {
        "time": "%START_TIME%", "method": "%REQ(:METHOD)%", "host": "%REQ(:AUTHORITY)%", "path": "%REQ(:PATH)%",
        "status": "%RESPONSE_CODE%", "flags": "%RESPONSE_FLAGS%", "client": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "backend": "%UPSTREAM_HOST%", "tls": "%DOWNSTREAM_TLS_VERSION%", "detail": "%RESPONSE_CODE_DETAILS%",
        "failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    }  # fmt: skip
    return {
        "name": "file",
        "typed_config": {
            "@type": f"{TYPE}extensions.access_loggers.file.v3.FileAccessLog",
            "path": str(folder / "access.log"),
            "log_format": {"json_format": fields},
        },
    }


def _authorization(policy: str) -> Json:
    """The WAF is asked about each request of backends with this policy, with what it may inspect of the body."""
    return {
        "name": f"waf/{policy}",
        "typed_config": {
            "@type": f"{TYPE}extensions.filters.http.ext_authz.v3.ExtAuthz",
            "transport_api_version": "V3",
            "http_service": {
                "server_uri": {"uri": "http://waf", "cluster": WAF_CLUSTER, "timeout": "5s"},
                "path_prefix": f"/{policy}",
            },
            "allowed_headers": {"patterns": [{"safe_regex": {"regex": ".*"}}]},
            "with_request_body": {"max_request_bytes": INSPECTED_BYTES, "allow_partial_message": True},
        },
    }


def _cache() -> Json:
    """A cache in memory that obeys the backend's headers (RFC 9111); off unless a route turns it on."""
    return {
        "name": CACHE,
        "disabled": True,
        "typed_config": {
            "@type": f"{TYPE}extensions.filters.http.cache.v3.CacheConfig",
            "typed_config": {"@type": f"{TYPE}extensions.http.cache.simple_http_cache.v3.SimpleHttpCacheConfig"},
        },
    }


def _hosts(balancer: LoadBalancer, port: Listener, policies: list[str]) -> list[Json]:
    by_host: dict[str, list[Route]] = {}
    for route in port.routes:
        for host in route.hostnames or ("*",):
            by_host.setdefault(host, []).append(route)
    made = []
    for host, routes in by_host.items():
        entries = [
            (match.kind == "Exact", len(match.path), len(match.headers), _route(balancer, rule, index, policies))
            for route in routes
            for rule in route.rules
            for index, match in enumerate(rule.matches)
        ]
        entries.sort(key=lambda entry: entry[:3], reverse=True)
        made.append({"name": host, "domains": [host], "routes": [*(entry[3] for entry in entries), _absent(policies)]})
    if "*" not in by_host:
        made.append({"name": "no-route", "domains": ["*"], "routes": [_absent(policies)]})
    return made


def _absent(policies: list[str]) -> Json:
    return {
        "match": {"prefix": "/"},
        "direct_response": {"status": 404, "body": {"inline_string": "fault filter abort"}},
        "typed_per_filter_config": _disabled(policies),
    }


def _disabled(policies: Iterable[str]) -> Json:
    per_route = {"@type": f"{TYPE}extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute", "disabled": True}
    return {f"waf/{policy}": per_route for policy in policies}


def _route(balancer: LoadBalancer, rule: Rule, index: int, policies: list[str]) -> Json:
    match = rule.matches[index]
    if match.kind == "Exact":
        made: Json = {"match": {"path": match.path}}
    elif match.path == "/":
        made = {"match": {"prefix": "/"}}
    else:
        made = {"match": {"path_separated_prefix": match.path.rstrip("/")}}
    made["match"]["headers"] = [
        {"name": name, "string_match": {"exact": value}} for name, value in match.headers
    ]  # fmt: skip
    for side, pairs in (("request", rule.request_headers), ("response", rule.response_headers)):
        made[f"{side}_headers_to_add"] = [
            {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for name, value in pairs
        ]
    if rule.redirect is not None:
        redirect: Json = {"response_code": REDIRECTS[rule.redirect.code]}
        if rule.redirect.scheme:
            redirect["scheme_redirect"] = rule.redirect.scheme
        if rule.redirect.hostname:
            redirect["host_redirect"] = rule.redirect.hostname
        return {**made, "redirect": redirect, "typed_per_filter_config": _disabled(policies)}
    live = [(key, weight) for key, weight in rule.weights if weight]
    if not live:
        return {**_absent(policies), "match": made["match"]}
    used = {balancer.backends[key].security_policy for key, _weight in live}
    return {
        **made,
        "route": {
            "weighted_clusters": {"clusters": [{"name": key, "weight": weight} for key, weight in live]},
            "timeout": f"{max(balancer.backends[key].timeout for key, _weight in live)}s",
            "retry_policy": {
                "retry_on": "gateway-error,connect-failure,refused-stream",
                "num_retries": 1,
                "retriable_request_headers": [
                    {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
                ],
            },
        },
        "typed_per_filter_config": {
            **_disabled(set(policies) - used),
            **({CACHE: {"@type": f"{TYPE}config.route.v3.FilterConfig", "config": {}}} if rule.cache else {}),
        },
    }  # fmt: skip
