# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every declared exception of a proof has: a stated reason and a last day. After that day it excuses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement


@dataclass(frozen=True, slots=True)
class Term:
    """Why an exception is made, and until which day, that day included."""

    reason: str
    until: date


def parse_term(where: str, entry: Mapping[str, Any], *required: str) -> Term:
    """The reason and end of one entry of an option; an OptionError names what is missing or malformed."""
    for key in (*required, "reason", "until"):
        if not entry.get(key):
            raise OptionError(f"{where}.{key}: missing; expected {', '.join((*required, 'reason', 'until'))}")
    try:
        until = date.fromisoformat(str(entry["until"]))
    except ValueError:
        raise OptionError(f"{where}.until: found {entry['until']!r}, expected a day such as 2030-12-31") from None
    return Term(str(entry["reason"]), until)


def excused(judgement: Judgement, covering: Sequence[Term], today: date) -> Judgement:
    """The judgement after the exceptions that cover it: one that still runs makes it a pass that says why."""
    if judgement.verdict == "pass" or not covering:
        return judgement
    running = next((term for term in covering if term.until >= today), None)
    if running is not None:
        reason = f"declared exception until {running.until}: {running.reason} (measured: {judgement.reason})"
        return Judgement("pass", judgement.observed, reason)
    reason = f"{judgement.reason}; its declared exception ended on {covering[0].until}"
    return Judgement(judgement.verdict, judgement.observed, reason)
