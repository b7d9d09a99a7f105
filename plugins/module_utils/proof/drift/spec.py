# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``drift_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CHECK, Spec

DRIFT_CHECK: Spec = {
    **CHECK,
    "connection": {"type": "dict", "no_log": True},
    **CLOUD,
    "plans": {"type": "list", "elements": "dict", "required": True},
    "proxy_ranges": {"type": "list", "elements": "str", "default": []},
    "exceptions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True},
            "namespace": {"type": "str"},
            "name": {"type": "str", "required": True},
            "cases": {"type": "list", "elements": "str", "default": []},
            "reason": {"type": "str", "required": True},
            "until": {"type": "str", "required": True},
        },
    },
}
