# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From declared to live certificates: read, decide, issue, write; one path for check mode, diff and the real run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Self

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply import report
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.issuers import load_issuer, parse_issuer
from ansible_collections.pingpong.platform.plugins.module_utils.pki.apply.outcome import Entry, Outcome
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import parse_desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.issuer_rules import check_issuer
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged, Finding, Reason, renewed
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Stored
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.factory import Backends, make_sinks

# The disk makes many files durable at once.
_WRITERS = 16


class Engine:
    """Runs the certificates of one task; ``backends`` are what certificates are kept in beside files."""

    def __init__(
        self,
        backends: Backends,
        labels: Mapping[str, str],
        *,
        check_mode: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._backends = backends
        self._labels = labels
        self._check_mode = check_mode
        self._now = clock()

    def run(self, certificates: Sequence[Mapping[str, Any]], *, want_diff: bool = True) -> dict[str, Any]:
        """The task's result for the entries of the option ``certificates``."""
        entries = [self._entry(index, options) for index, options in enumerate(certificates)]
        outcomes: dict[str, Outcome] = {}
        ordered = in_order(entries)
        refuse_without_sink(entries)
        refuse_shared_sinks(entries)
        with ExitStack() as held:
            if not self._check_mode:
                sinks = [sink for entry in ordered for sink in entry.sinks]
                held.enter_context(atomic.locked(path for sink in sinks for path in sink.paths))
            writer = held.enter_context(Writer())
            for entry in ordered:
                outcome = outcomes[entry.desired.name] = self._reconcile(entry, outcomes)
                if not self._check_mode:
                    writer.write(outcome)
        return report.result(
            [outcomes[entry.desired.name] for entry in entries],
            self._now,
            check_mode=self._check_mode,
            want_diff=want_diff,
        )

    def _entry(self, index: int, options: Mapping[str, Any]) -> Entry:
        option = f"certificates[{index}]"
        desired = parse_desired(option, options)
        sinks = make_sinks(f"{option}.sinks", desired.name, options.get("sinks") or [], self._backends, self._labels)
        issuer = parse_issuer(f"{option}.issuer", options.get("issuer"))
        returned = (bool(options.get("return_content")), bool(options.get("return_trusted")))
        return Entry(option, desired, issuer, sinks, *returned)

    def _reconcile(self, entry: Entry, outcomes: Mapping[str, Outcome]) -> Outcome:
        issuer = self._issuer(entry, outcomes)
        if issuer:
            check_issuer(f"{entry.option}.issuer", entry.desired, issuer, self._now)
        before = live_certificate([sink.read() for sink in entry.sinks])
        after, found = renewed(entry.desired, before, issuer, self._now)
        stale = {sink.label: why for sink in entry.sinks if (why := sink.differs(after))}
        if stale and not found:
            found = [Finding(Reason.SINK_CHANGED, "; ".join(stale.values()))]
        return Outcome(entry, before, after, found, stale)

    def _issuer(self, entry: Entry, outcomes: Mapping[str, Outcome]) -> Issued | None:
        if not entry.issuer:
            return None
        if entry.ref:
            return outcomes[entry.ref].after
        return load_issuer(f"{entry.option}.issuer", entry.issuer, self._backends)


class Writer:
    """Writes certificates while others are made, for it takes as long as the disk or an API does.

    An authority is written before what it signs: after a run that fails nobody has a certificate of an authority that
    is lost. Left, it waits for all of them; the first PlatformError is raised.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WRITERS)
        self._writing: dict[str, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_unused: object) -> None:
        self._pool.shutdown()
        for writing in self._writing.values() if kind is None else ():
            writing.result()

    def write(self, outcome: Outcome) -> None:
        """Write the sinks that are stale."""
        issuer = self._writing.get(outcome.entry.ref or "")
        if outcome.stale:
            self._writing[outcome.entry.desired.name] = self._pool.submit(_write, outcome, issuer)


def _write(outcome: Outcome, issuer: Future[None] | None) -> None:
    if issuer is not None:
        issuer.result()  # begun before this one, so that the pool never waits for itself
    for sink in outcome.entry.sinks:
        if sink.label in outcome.stale:
            sink.write(outcome.after)


def live_certificate(stored: Sequence[Stored]) -> Stored:
    """Of what several places hold, the first usable certificate; failing that, the first damage."""
    usable = next((one for one in stored if isinstance(one, Issued)), None)
    return usable or next((one for one in stored if isinstance(one, Damaged)), None)


def refuse_without_sink(entries: Sequence[Entry]) -> None:
    """Refuse a certificate that would go nowhere: it would be made anew by every run, and be of no use to anyone."""
    used = {entry.ref for entry in entries}
    for entry in entries:
        if not (entry.sinks or entry.return_content or entry.desired.name in used):
            raise OptionError(
                f"{entry.option}.sinks: found none, expected a secret, secret_manager, files or pkcs12, or "
                "return_content, or another certificate of the task that names it as its issuer"
            )


def refuse_shared_sinks(entries: Sequence[Entry]) -> None:
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
        if entry.desired.name in by_name:
            raise OptionError(f'{entry.option}.name: found "{entry.desired.name}" twice, expected a name of its own')
        by_name[entry.desired.name] = entry
    ordered: dict[str, Entry] = {}

    def visit(entry: Entry, path: tuple[str, ...]) -> None:
        name = entry.desired.name
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
