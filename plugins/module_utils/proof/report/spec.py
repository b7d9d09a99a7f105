# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of ``proof_report``; their documentation is in the module of the same name."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.module_utils.proof.spec import Spec

PROOF_REPORT: Spec = {
    "clusters": {"type": "list", "elements": "str", "required": True},
    "results": {"type": "list", "elements": "dict", "required": True},
    "path": {"type": "path", "required": True},
    "title": {"type": "str", "default": "What was promised, and what runs"},
    "environment_name": {"type": "str", "required": True},
    "max_age": {"type": "int"},
    "fail": {"type": "bool", "default": True},
}
