# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``failover_drill``; their documentation is in the module of the same name."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.faults.choose import FAULTS
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.spec import MTLS_CHECK
from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CONNECTED, PROBES, Spec

# How clients ask; a switch-over has the same ones.
CLIENTS: Spec = {
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
}
SITE: Spec = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "cluster_name": {"type": "str", "required": True},
}

FAILOVER_DRILL: Spec = {
    **CONNECTED,
    **CLIENTS,
    "state": {"type": "str", "default": "drilled", "choices": ["drilled", "restored"]},
    "faults": {"type": "list", "elements": "str", "default": ["gateway"], "choices": list(FAULTS)},
    "runs": {"type": "int", "default": 1},
    "workload": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "namespace": {"type": "str", "default": "istio-ingress"},
            "name": {"type": "str", "default": "istio-ingressgateway"},
        },
    },
    "namespaces": {"type": "list", "elements": "str", "default": ["istio-ingress"]},
    "mesh": {
        "type": "dict",
        "options": {
            "cluster": {"type": "str", "required": True},
            "connection": {"type": "dict", "required": True, "no_log": True},
            **PROBES,
            **{name: MTLS_CHECK[name] for name in ("namespaces", "trust_domain", "probe_namespace", "admit_probes")},
        },
    },
    "hosts": {"type": "list", "elements": "str"},
    "sites": {"type": "list", "elements": "dict", "options": SITE},
    "name_server": {"type": "str"},
    "health_check": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "interval": {"type": "float", "default": 30.0},
            "timeout": {"type": "float", "default": 5.0},
            "healthy": {"type": "int", "default": 2},
            "unhealthy": {"type": "int", "default": 2},
            "time_factor": {"type": "float", "default": 1.0},
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
            "rto_factor": {"type": "float", "default": 1.2},
        },
    },
}

FAILOVER_DRILL_CONSTRAINTS: dict[str, Any] = {
    "required_if": [("state", "drilled", ("hosts", "sites", "name_server"))],
    "mutually_exclusive": [("ca", "ca_file")],
}
