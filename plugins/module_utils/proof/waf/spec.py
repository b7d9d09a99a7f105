# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of ``waf_check``, for the module and the action plugin alike."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CHECK, Spec

ARGUMENT_SPEC: Spec = {
    **CHECK,
    "endpoints": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "address": {"type": "str"},
            "port": {"type": "int", "default": 443},
            "server_name": {"type": "str", "required": True},
            "ca": {"type": "str"},
            "ca_file": {"type": "path"},
            "path": {"type": "str", "default": "/"},
            "timeout": {"type": "float", "default": 5.0},
            "status": {"type": "int", "default": 200},
            "body": {"type": "str"},
        },
    },
    "rule_sets": {"type": "list", "elements": "str", "required": True},
    "refusal": {"type": "int", "default": 403, "choices": [403, 404, 502]},
}
