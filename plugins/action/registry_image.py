# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ``registry_image`` in the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.images.copy import REGISTRY_IMAGE, run
from ansible_collections.pingpong.platform.plugins.plugin_utils.action import PlatformAction


class ActionModule(PlatformAction):
    """Copies; in check mode it says what it would copy."""

    ARGUMENT_SPEC = REGISTRY_IMAGE

    def execute(self, args: dict[str, Any]) -> dict[str, Any]:
        return run(args, self.check_mode)
