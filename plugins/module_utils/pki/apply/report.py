# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Results and diffs of certificates: decoded fields only; a key only where it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.results import diff
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles, keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.outcome import Outcome
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    Issued,
    describe,
    fingerprint,
    pem,
    utc_text,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Reason
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Stored

with suppress(ImportError):  # see libraries.require
    from cryptography import x509


def result(
    outcomes: Sequence[Outcome], now: datetime, *, check_mode: bool = False, want_diff: bool = True
) -> dict[str, Any]:
    """The task's result over all its certificates."""
    shown = {
        "changed": any(outcome.changed for outcome in outcomes),
        "certificates": [one(outcome, now, check_mode=check_mode) for outcome in outcomes],
    }
    differing = [outcome for outcome in outcomes if outcome.changed]
    return {**shown, "diff": [difference(outcome) for outcome in differing]} if want_diff else shown


def one(outcome: Outcome, now: datetime, *, check_mode: bool = False) -> dict[str, Any]:
    """What the task returns of one certificate."""
    entry, after = outcome.entry, outcome.after
    certificate = after.certificate
    renew_at = entry.desired.renew_before.renew_at(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    found = {
        "name": entry.desired.name,
        "changed": outcome.changed,
        "reason": str(outcome.findings[0].reason) if outcome.findings else str(Reason.NONE),
        "reasons": [str(finding.reason) for finding in outcome.findings],
        "why": "; ".join(finding.why for finding in outcome.findings),
        **describe(certificate),
        # What check mode made is thrown away: it has no lasting identity to report.
        **({} if check_mode and outcome.made else identity(certificate)),
        "renew_at": utc_text(renew_at),
        "days_left": (certificate.not_valid_after_utc - now).days,
        "sinks": [{"sink": sink.label, "changed": sink.label in outcome.stale} for sink in entry.sinks],
    }
    if entry.return_trusted and not (check_mode and outcome.made):
        found["trusted"] = pem(after.root).decode()
    if entry.return_content:
        found["content"] = {
            "certificate": pem(certificate).decode(),
            "chain": bundles.above(after).decode(),
            "key": keys.key_pem(after.key).decode(),
        }
    return found


def identity(certificate: x509.Certificate) -> dict[str, str]:
    """What tells this very certificate from every other."""
    return {"fingerprint": fingerprint(certificate), "serial": f"{certificate.serial_number:x}"}


def difference(outcome: Outcome) -> dict[str, str]:
    """Both sides in decoded fields; no serial nor fingerprint, so that check mode shows what the run will show."""
    reason = outcome.findings[0].reason
    return diff(_side(outcome.before), {**_side_of(outcome.after), "reason": str(reason)}, outcome.entry.desired.name)


def _side(live: Stored) -> Any:
    if live is None:
        return None
    return _side_of(live) if isinstance(live, Issued) else {"damaged": live.problem}


def _side_of(issued: Issued) -> dict[str, Any]:
    return describe(issued.certificate)
