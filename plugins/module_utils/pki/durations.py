# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Spans of time as people write them: ``90d``, ``36h``, ``1d12h``; and a renewal window as a share (``33%``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
# A certificate is valid a little before it is made: clocks differ by minutes, and a peer that is behind refuses it.
BACKDATE = timedelta(minutes=5)
_LONGEST = timedelta(days=365_000)
_PART = re.compile(r"(\d+)([smhdwy])")
_WHOLE = re.compile(r"(?:\d+[smhdwy])+")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%")


def parse_span(option: str, text: str, otherwise: str = "") -> timedelta:
    """Read a span; ``option`` names where it stood and ``otherwise`` what else may stand there, for the error."""
    if not _WHOLE.fullmatch(text):
        units = f"a span such as 90d, 36h or 1d12h (units s m h d w y) {otherwise}".rstrip()
        raise OptionError(f'{option}: found "{text}", expected {units}')
    seconds = sum(int(count) * int(UNITS[unit].total_seconds()) for count, unit in _PART.findall(text))
    if seconds > _LONGEST.total_seconds():
        raise OptionError(f'{option}: found "{text}", expected a span of at most 1000y')
    span = timedelta(seconds=seconds)
    if not span:
        raise OptionError(f'{option}: found "{text}", expected a span longer than nothing')
    return span


@dataclass(frozen=True, slots=True)
class RenewBefore:
    """How long before its end a certificate is renewed: a fixed span, or a share (0..1) of its life."""

    span: timedelta | None = None
    share: float = 0.0

    @classmethod
    def parse(cls, option: str, text: str) -> RenewBefore:
        match = _SHARE.fullmatch(text)
        if not match:
            return cls(span=parse_span(option, text, "or a share such as 33%"))
        share = float(match[1]) / 100
        if not 0 < share < 1:
            raise OptionError(f'{option}: found "{text}", expected a share between 0% and 100%')
        return cls(share=share)

    def check(self, option: str, validity: timedelta) -> None:
        """Raise OptionError where what is made with this validity would be due from its first day, by every run."""
        # It begins a little in the past, of which a share takes its part.
        if self.window(validity + BACKDATE) >= validity:
            raise OptionError(f"{option}: found a window as long as the validity, expected a shorter one")

    def window(self, life: timedelta) -> timedelta:
        return self.span if self.span is not None else life * self.share

    def renew_at(self, not_before: datetime, not_after: datetime) -> datetime:
        """The time from which a certificate with this validity is due."""
        return not_after - self.window(not_after - not_before)


def shorten(span: timedelta) -> str:
    """A span in its two largest units, for sentences: ``12d3h``, ``45s``."""
    seconds = int(abs(span).total_seconds())
    parts = []
    for unit in ("d", "h", "m", "s"):
        size = int(UNITS[unit].total_seconds())
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"
