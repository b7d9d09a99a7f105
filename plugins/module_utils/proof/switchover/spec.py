# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``dns_switchover``; their documentation is in the module of the same name."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spec import CLIENTS, SITE
from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CHECK, Spec

DNS_SWITCHOVER: Spec = {
    **CHECK,
    **CLOUD,
    **CLIENTS,
    "zone": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "sites": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {**SITE, "region": {"type": "str", "required": True}},
    },
    "name_server": {"type": "str", "required": True},
    "shares": {"type": "list", "elements": "float", "default": [0.1, 0.5]},
    "hold": {"type": "float"},
    "trickle": {"type": "float", "default": 0.0},
    "margin": {"type": "float", "default": 60.0},
}

DNS_SWITCHOVER_CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [("ca", "ca_file")]}
