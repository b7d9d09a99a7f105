# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``mtls_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CONNECTED, PROBES, Spec

MTLS_CHECK: Spec = {
    **CONNECTED,
    **PROBES,
    "namespaces": {"type": "list", "elements": "str", "required": True},
    "trust_domain": {"type": "str", "required": True},
    "mesh_namespace": {"type": "str", "default": "istio-system"},
    "probe_namespace": {"type": "str", "required": True},
    "admit_probes": {"type": "bool", "default": False},
    "whoami_path": {"type": "str", "default": "/whoami"},
    "whoami_ports": {"type": "list", "elements": "int", "default": [8080]},
    "min_authority_days": {"type": "float", "default": 14},
    "callers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "cluster": {"type": "str", "required": True},
            "connection": {"type": "dict", "required": True, "no_log": True},
        },
    },
    "declared_callers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "namespace": {"type": "str", "required": True},
            "workload": {"type": "str"},
            "port": {"type": "int", "required": True},
            "callers": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "namespace": {"type": "str", "required": True},
                    "service_account": {"type": "str", "required": True},
                    "methods": {"type": "list", "elements": "str", "default": []},
                    "paths": {"type": "list", "elements": "str", "default": []},
                },
            },
        },
    },
    "exceptions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "namespace": {"type": "str", "required": True},
            "workload": {"type": "str"},
            "port": {"type": "int", "required": True},
            "cases": {"type": "list", "elements": "str", "default": []},
            "reason": {"type": "str", "required": True},
            "until": {"type": "str", "required": True},
        },
    },
}
