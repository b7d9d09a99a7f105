# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Mutual TLS in the region that serves everyone, by ``mtls_check``, while the other one is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls import check as mtls
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.spec import MTLS_CHECK
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import PROOF
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import unmeasured

# What the option does not have is as ``mtls_check`` has it by itself.
DEFAULTS = {name: option.get("default") for name, option in MTLS_CHECK.items()}


class Mesh:
    """The cells of one look, the first one; none are expected without options."""

    def __init__(self, options: Mapping[str, Any] | None) -> None:
        self.options = options
        self._cells: list[Cell] = []

    def look(self) -> None:
        """Call every workload as friend and as impostor, once."""
        if not self.options or self._cells:
            return
        try:
            found = mtls.run({**DEFAULTS, **self.options, "fail": False})
            self._cells = [cell_from(cell) for cell in found["cells"]]
        except PlatformError as error:
            self._cells = [unmeasured(PROOF, self.options["cluster"], error.message)]

    def cells(self) -> list[Cell]:
        """What was found; one inconclusive cell where there was no moment to look."""
        if self.options and not self._cells:
            return [unmeasured(PROOF, self.options["cluster"], "no standby ever served everyone")]
        return self._cells
