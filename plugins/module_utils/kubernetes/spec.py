# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the collection's Kubernetes modules."""

from __future__ import annotations

from typing import Any

CONNECTION: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "endpoint": {"type": "str"},
        "ca_certificate": {"type": "str"},
        "token": {"type": "str", "no_log": True},
        "token_file": {"type": "path", "no_log": False},
        "client_certificate": {"type": "str"},
        "client_key": {"type": "str", "no_log": True},
        "kubeconfig": {"type": "path"},
        "context": {"type": "str"},
        "proxy": {"type": "str"},
    },
    "mutually_exclusive": [("endpoint", "kubeconfig"), ("token", "token_file")],
    "required_one_of": [("endpoint", "kubeconfig")],
    "required_by": {"context": ["kubeconfig"]},
}

CHART: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "chart": {"type": "str", "required": True},
    "repository": {"type": "str"},
    "version": {"type": "str"},
    "namespace": {"type": "str"},
    "values": {"type": "dict", "default": {}},
    "include_crds": {"type": "bool", "default": True},
    "kube_version": {"type": "str"},
    "api_versions": {"type": "list", "elements": "str", "default": []},
}

K8S_APPLY: dict[str, Any] = {
    "connection": CONNECTION,
    "environment_name": {"type": "str", "required": True},
    "layer": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "objects": {"type": "list", "elements": "raw", "default": []},
    "files": {"type": "list", "elements": "path", "default": []},
    "charts": {"type": "list", "elements": "dict", "options": CHART, "default": []},
    "helm": {"type": "path", "default": "helm"},
    "namespace": {"type": "str"},
    "prune": {"type": "bool", "default": True},
    "force_conflicts": {"type": "bool", "default": False},
    "foreign_fields": {"type": "str", "choices": ["revert", "keep"], "default": "revert"},
    "allowed_managers": {"type": "list", "elements": "str", "default": []},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
    "wait_sleep": {"type": "float", "default": 1.0},
    "threads": {"type": "int", "default": 12},
    "request_timeout": {"type": "float", "default": 30.0},
    "record_namespace": {"type": "str", "default": "kube-system"},
}
