# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options that the checks share."""

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
