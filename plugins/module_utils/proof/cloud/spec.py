# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``cloud_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CHECK, Spec

_STRINGS = {"type": "list", "elements": "str"}
CLOUD_CHECK: Spec = {
    **CHECK,
    **CLOUD,
    "public": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True, "choices": ["address", "service", "instance", "firewall"]},
            "name": {"type": "str", "required": True},
            "region": {"type": "str", "default": ""},
            "ports": {**_STRINGS, "default": []},
        },
    },
    "trusted_ranges": {**_STRINGS, "default": []},
    "clusters": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "public_endpoint": {"type": "bool"},
            "dns_endpoint": {"type": "bool"},
            "authorized_networks": _STRINGS,
            "logging": _STRINGS,
            "monitoring": _STRINGS,
            "release_channel": {"type": "str"},
            "security_posture": {"type": "str"},
            "binary_authorization": {"type": "bool"},
            "secrets_key": {"type": "str", "no_log": False},
            "disk_key": {"type": "str", "no_log": False},
            "node_account": {"type": "str"},
            "pools": _STRINGS,
            "notifications": _STRINGS,
            "notifications_topic": {"type": "str"},
        },
    },
    "accounts": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "roles": {**_STRINGS, "required": True},
        },
    },
    "flow_sampling": {"type": "float"},
    "registry_locations": {**_STRINGS, "default": []},
    "exceptions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "target": {"type": "str", "required": True},
            "cases": {**_STRINGS, "default": []},
            "reason": {"type": "str", "required": True},
            "until": {"type": "str", "required": True},
        },
    },
}
