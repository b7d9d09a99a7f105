# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``dashboard_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CONNECTED, PROBES, Spec

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
    "history": {"type": "float", "default": 900.0},
}
