# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``mesh_ca`` in the controller, where the root's key is."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.spec import ARGUMENT_SPEC
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """One task for all clusters of a mesh."""

    ARGUMENT_SPEC = ARGUMENT_SPEC

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args, check_mode=self.check_mode)
