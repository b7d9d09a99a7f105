# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill asks of a fault."""

from __future__ import annotations

from typing import Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Restoration


class Fault(Protocol):
    """A way in which a region goes out of service, through the API of its cluster alone.

    The text of a fault is what it changes there. Every request that changes something keeps in the same place what it
    was before, so that whoever comes next can restore it; what a request raises is a PlatformError.
    """

    def inject(self) -> None:
        """Take the region out of service. What an earlier drill has kept is not overwritten."""

    def restore(self) -> bool:
        """Put back what was kept, by this drill or by one that was killed; False where nothing was."""

    def left(self) -> bool:
        """Whether something that was kept waits to be restored."""

    def restoration(self) -> Restoration:
        """How what it changes stands now."""
