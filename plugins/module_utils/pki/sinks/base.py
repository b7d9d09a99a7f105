# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every place for a certificate can do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Union

from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged

Stored = Union[Issued, Damaged, None]  # noqa: UP007 - ansible-test's pylint reads module_utils as Python 3.9


class Sink(Protocol):
    """A place for one certificate with its key.

    ``read`` comes first and once: ``differs`` and ``write`` work on what it found, and a write over a newer state
    fails. Errors are PlatformErrors that name the place, never its content.
    """

    @property
    def label(self) -> str:
        """How results and errors name the place."""

    @property
    def paths(self) -> Sequence[Path]:
        """The files that it is made of, to keep other runs out of."""

    @property
    def claims(self) -> Sequence[str]:
        """What it must have for itself: two sinks with one in common would write over each other, by every run."""

    def read(self) -> Stored:
        """What the place holds now; called once, before ``differs`` and ``write``."""

    def differs(self, issued: Issued) -> str:
        """What of the place is not as it would be after ``write``; empty when nothing is."""

    def write(self, issued: Issued) -> None:
        """Put the certificate, its key and chain there, all of them or none."""
