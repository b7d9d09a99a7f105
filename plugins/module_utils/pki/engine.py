# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring certificates to what is wanted: read, decide, make, write; one path for check mode, diff and the real run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import report
from ansible_collections.pingpong.platform.plugins.module_utils.pki.authority import check_issuer
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued, issue
from ansible_collections.pingpong.platform.plugins.module_utils.pki.issuers import given, load_issuer
from ansible_collections.pingpong.platform.plugins.module_utils.pki.outcome import Entry, Outcome
from ansible_collections.pingpong.platform.plugins.module_utils.pki.reasons import Damaged, Finding, Reason, findings
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Held
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.factory import make_sinks
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import Api
from ansible_collections.pingpong.platform.plugins.module_utils.pki.wanted import parse_wanted


class Engine:
    """Runs the certificates of one task; ``api`` gives the cluster's client when a Secret is first needed."""

    def __init__(
        self,
        api: Callable[[], Api],
        labels: Mapping[str, str],
        *,
        check_mode: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._labels = labels
        self._check_mode = check_mode
        self._now = clock()

    def run(self, certificates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The task's result for the entries of the option ``certificates``."""
        entries = [self._entry(index, options) for index, options in enumerate(certificates)]
        outcomes: dict[str, Outcome] = {}
        ordered = in_order(entries)
        refuse_lost(entries)
        refuse_shared(entries)
        for entry in ordered:
            outcomes[entry.wanted.name] = self._settle(entry, outcomes)
        return report.result([outcomes[entry.wanted.name] for entry in entries], self._now, check_mode=self._check_mode)

    def _entry(self, index: int, options: Mapping[str, Any]) -> Entry:
        option = f"certificates[{index}]"
        wanted = parse_wanted(option, options)
        sinks = make_sinks(f"{option}.sinks", wanted.name, options.get("sinks") or [], self._api, self._labels)
        issuer = given(f"{option}.issuer", options.get("issuer"))
        return Entry(option, wanted, issuer, sinks, bool(options.get("return_content")))

    def _settle(self, entry: Entry, outcomes: Mapping[str, Outcome]) -> Outcome:
        issuer = self._issuer(entry, outcomes)
        if issuer:
            check_issuer(f"{entry.option}.issuer", entry.wanted, issuer, self._now)
        if self._check_mode:
            return self._bring(entry, issuer)
        with atomic.alone(path for sink in entry.sinks for path in sink.paths):
            return self._bring(entry, issuer)

    def _bring(self, entry: Entry, issuer: Issued | None) -> Outcome:
        before = choose([sink.read() for sink in entry.sinks])
        found = findings(entry.wanted, before, issuer, self._now)
        if found or not isinstance(before, Issued):
            after = issue(entry.wanted, issuer, self._now)
        else:
            # The authority may have been renewed with its key: the same certificate, another chain above it.
            after = Issued(before.certificate, before.key, issuer.chain if issuer else ())
        stale = {sink.label: why for sink in entry.sinks if (why := sink.differs(after))}
        if not self._check_mode:
            for sink in entry.sinks:
                if sink.label in stale:
                    sink.write(after)
        if stale and not found:
            found = [Finding(Reason.SINK_CHANGED, "; ".join(stale.values()))]
        return Outcome(entry, before, after, found, stale)

    def _issuer(self, entry: Entry, outcomes: Mapping[str, Outcome]) -> Issued | None:
        if not entry.issuer:
            return None
        if entry.ref:
            return outcomes[entry.ref].after
        return load_issuer(f"{entry.option}.issuer", entry.issuer, self._api)


def choose(held: Sequence[Held]) -> Held:
    """Of what several places hold, the first usable certificate; failing that, the first damage."""
    usable = next((one for one in held if isinstance(one, Issued)), None)
    return usable or next((one for one in held if isinstance(one, Damaged)), None)


def refuse_lost(entries: Sequence[Entry]) -> None:
    """Refuse a certificate that would go nowhere: it would be made anew by every run, and be of no use to anyone."""
    used = {entry.ref for entry in entries}
    for entry in entries:
        if not (entry.sinks or entry.return_content or entry.wanted.name in used):
            raise OptionError(
                f"{entry.option}.sinks: found none, expected a secret, files or pkcs12, or return_content, "
                "or another certificate of the task that names it as its issuer"
            )


def refuse_shared(entries: Sequence[Entry]) -> None:
    """Refuse a place that is to hold two things: each would be written over the other, by every run."""
    owned: set[str] = set()
    for entry in entries:
        for sink in entry.sinks:
            for claim in sink.claims:
                if claim in owned:
                    raise OptionError(f"{entry.option}.sinks: found {claim} twice, expected a place of its own")
                owned.add(claim)


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with every authority before those that it signs."""
    by_name: dict[str, Entry] = {}
    for entry in entries:
        if entry.wanted.name in by_name:
            raise OptionError(f'{entry.option}.name: found "{entry.wanted.name}" twice, expected a name of its own')
        by_name[entry.wanted.name] = entry
    ordered: dict[str, Entry] = {}

    def visit(entry: Entry, path: tuple[str, ...]) -> None:
        name = entry.wanted.name
        if name in path:
            raise OptionError(
                f"{entry.option}.issuer.ref: found a circle ({' -> '.join((*path, name))}), expected none"
            )
        if name in ordered:
            return
        if entry.ref:
            if entry.ref not in by_name:
                raise OptionError(
                    f'{entry.option}.issuer.ref: found "{entry.ref}", expected one of {", ".join(sorted(by_name))}'
                )
            visit(by_name[entry.ref], (*path, name))
        ordered[name] = entry

    for entry in entries:
        visit(entry, ())
    return list(ordered.values())
