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
