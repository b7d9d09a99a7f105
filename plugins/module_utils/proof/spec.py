# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options that the checks share, and those of checks that have no file of their own yet."""

from __future__ import annotations

from typing import Any

Spec = dict[str, dict[str, Any]]

CHECK: Spec = {
    "cluster": {"type": "str", "required": True},
    "fail": {"type": "bool", "default": True},
}
CONNECTED: Spec = {**CHECK, "connection": {"type": "dict", "required": True, "no_log": True}}
PROBES: Spec = {
    "environment_name": {"type": "str", "required": True},
    "probe_image": {"type": "str", "required": True},
    "probe_command": {"type": "list", "elements": "str", "default": ["python3", "-m", "pingpong.probe"]},
    "probe_timeout": {"type": "float", "default": 5.0},
}

POD_SECURITY_CHECK: Spec = {
    **CONNECTED,
    "namespaces": {"type": "dict", "required": True},
    "image": {"type": "str", "default": "registry.k8s.io/pause:3.10.1"},
    "scan": {"type": "bool", "default": True},
}

NETWORK_POLICY_CHECK: Spec = {
    **CONNECTED,
    **PROBES,
    "namespaces": {"type": "list", "elements": "str", "required": True},
    "stand_ins": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "namespace": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "labels": {"type": "dict", "default": {}},
        },
    },
    "targets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "namespace": {"type": "str", "required": True},
            "labels": {"type": "dict", "default": {}},
            "ports": {"type": "list", "elements": "int", "required": True},
        },
    },
    "default_deny": {"type": "dict", "default": {}},
    "sealed": {"type": "list", "elements": "str", "default": []},
    "ip_blocks_match_pods": {"type": "bool", "default": False},
    "settle_timeout": {"type": "float", "default": 15.0},
}

TLS_CHECK: Spec = {
    **CHECK,
    "connection": {"type": "dict", "no_log": True},
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str"},
            "service": {
                "type": "dict",
                "options": {
                    "namespace": {"type": "str", "required": True},
                    "name": {"type": "str", "required": True},
                },
            },
            "port": {"type": "int", "default": 443},
            "server_name": {"type": "str", "required": True},
            "ca": {"type": "str"},
            "ca_file": {"type": "path"},
            "path": {"type": "str", "default": "/"},
            "timeout": {"type": "float", "default": 5.0},
            "names": {"type": "list", "elements": "str", "default": []},
            "min_days": {"type": "float", "default": 7},
            "min_version": {"type": "str", "default": "1.2", "choices": ["1.2", "1.3"]},
            "status": {"type": "int", "default": 200},
            "body": {"type": "str"},
            "plain_port": {"type": "int"},
            "redirect": {"type": "bool"},
            "hsts_min_seconds": {"type": "int"},
        },
    },
}

DASHBOARD_CHECK: Spec = {
    **CONNECTED,
    **PROBES,
    "dashboards": {"type": "list", "elements": "path", "default": []},
    "prometheus": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "namespace": {"type": "str", "default": "monitoring"},
            "name": {"type": "str", "default": "prometheus"},
            "port": {"type": "int", "default": 9090},
            "path": {"type": "str", "default": "/"},
        },
    },
    "movements": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "query": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "labels": {"type": "dict", "default": {}},
            "url": {"type": "str", "required": True},
            "method": {"type": "str", "default": "GET"},
            "calls": {"type": "int", "default": 20},
            "at_least": {"type": "float"},
        },
    },
    "settle_timeout": {"type": "float", "default": 90.0},
}

FAILOVER_DRILL: Spec = {
    **CONNECTED,
    "state": {"type": "str", "default": "drilled", "choices": ["drilled", "restored"]},
    "workload": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "namespace": {"type": "str", "default": "istio-ingress"},
            "name": {"type": "str", "default": "istio-ingressgateway"},
        },
    },
    "hosts": {"type": "list", "elements": "str"},
    "sites": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "cluster_name": {"type": "str", "required": True},
        },
    },
    "name_server": {"type": "str"},
    "name_server_port": {"type": "int", "default": 53},
    "port": {"type": "int", "default": 443},
    "ca": {"type": "str"},
    "ca_file": {"type": "path"},
    "path": {"type": "str", "default": "/ping"},
    "body": {"type": "str", "default": "pong"},
    "version_path": {"type": "str", "default": "/version"},
    "interval": {"type": "float", "default": 1.0},
    "timeout": {"type": "float", "default": 3.0},
    "in_a_row": {"type": "int", "default": 3},
    "ttl": {"type": "int", "default": 30},
    "health_check": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "interval": {"type": "float", "default": 30.0},
            "timeout": {"type": "float", "default": 5.0},
            "healthy": {"type": "int", "default": 2},
            "unhealthy": {"type": "int", "default": 2},
        },
    },
    "margin": {"type": "float", "default": 60.0},
    "objective": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "failover_seconds": {"type": "float"},
            "failback_seconds": {"type": "float"},
            "failback_failures": {"type": "int", "default": 0},
        },
    },
}
FAILOVER_DRILL_CONSTRAINTS: dict[str, Any] = {
    "required_if": [("state", "drilled", ("hosts", "sites", "name_server"))],
    "mutually_exclusive": [("ca", "ca_file")],
}

PROOF_REPORT: Spec = {
    "clusters": {"type": "list", "elements": "str", "required": True},
    "results": {"type": "list", "elements": "dict", "required": True},
    "path": {"type": "path", "required": True},
    "title": {"type": "str", "default": "What was promised, and what runs"},
    "environment_name": {"type": "str", "required": True},
    "fail": {"type": "bool", "default": True},
}
