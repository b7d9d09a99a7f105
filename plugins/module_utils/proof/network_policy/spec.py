# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``network_policy_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CONNECTED, PROBES, Spec

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
    "dns_servers": {
        "type": "list",
        "elements": "dict",
        "default": [
            {"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
            {"namespace": "kube-system", "labels": {"k8s-app": "node-local-dns"}},
        ],
        "options": {
            "namespace": {"type": "str", "required": True},
            "labels": {"type": "dict", "default": {}},
        },
    },
    "dns_name": {"type": "str", "default": "kubernetes.default.svc"},
    "default_deny": {"type": "dict", "default": {}},
    "sealed": {"type": "list", "elements": "str", "default": []},
    "ip_blocks_match_pods": {"type": "bool", "default": False},
    "settle_timeout": {"type": "float", "default": 15.0},
}
