# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``admission_check``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import CONNECTED, Spec

ADMISSION_CHECK: Spec = {
    **CONNECTED,
    "environment_name": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
}
