# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of ``tls_check``, for the module and the action plugin alike."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CHECK, Spec

ARGUMENT_SPEC: Spec = {
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
