# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One certificate of a task: what is declared, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import Desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Finding
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Sink, Stored


@dataclass(slots=True)
class Entry:
    """One certificate as the task's options declare it; ``option`` names the entry in errors."""

    option: str
    desired: Desired
    issuer: Mapping[str, Any]
    sinks: list[Sink]
    return_content: bool
    return_trusted: bool = False

    @property
    def ref(self) -> str | None:
        return self.issuer.get("ref")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A certificate before and after the run, and why it differs; ``stale`` are the sinks to write, and why."""

    entry: Entry
    before: Stored
    after: Issued
    findings: Sequence[Finding]
    stale: Mapping[str, str]

    @property
    def made(self) -> bool:
        """Whether the certificate is a new one."""
        return not isinstance(self.before, Issued) or self.before.certificate != self.after.certificate

    @property
    def changed(self) -> bool:
        return bool(self.findings or self.stale)
