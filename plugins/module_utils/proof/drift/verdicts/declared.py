# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether each declared object is what is declared, whoever wrote what to it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import DESIRED_HASH, Key, Object
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.compare import differences, writers
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.live import Live
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import FAILED, Change, Declared
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench

CASE = "as declared"
NAMED_AT_MOST = 8
# Written by each apply: when it differs, the difference may be a change that was never applied.
_HASH = ("metadata", "annotations", DESIRED_HASH)


def declared_cells(bench: Bench, declared: Declared, live: Live, named: Collection[str] = ()) -> Iterator[Cell]:
    """A cell for each declared object, and one for whatever else a plan would change and that is not ``named`` yet."""
    changes = by_subject(declared.changes)
    for key in sorted(declared.keys):
        change = changes.pop(str(key), None)
        judgement = _judge(key, declared, live)
        if change is not None and judgement.verdict == "pass":
            judgement = judge_change(change)
        yield bench.cell(judgement, str(key), CASE, CASE)
    for subject, change in changes.items():
        if subject not in named:
            yield bench.cell(judge_change(change), subject, CASE, CASE)


def by_subject(changes: Iterable[Change]) -> dict[str, Change]:
    """What plans would change, by what."""
    return {change.subject: change for change in changes}


def judge_change(change: Change) -> Judgement:
    """What a plan says of one thing: what it would change is drift, what it could not plan is unknown."""
    if change.action == FAILED:
        return Judgement("inconclusive", "not planned", change.why)
    fields = f" {named(change.fields)}" if change.fields else ""
    return Judgement("fail", f"the plan: {change.action}{fields}", change.why)


def named(fields: Iterable[str]) -> str:
    """Some fields, and how many more there are."""
    found = list(fields)
    more = f" and {len(found) - NAMED_AT_MOST} more" if len(found) > NAMED_AT_MOST else ""
    return ", ".join(found[:NAMED_AT_MOST]) + more


def _judge(key: Key, declared: Declared, live: Live) -> Judgement:
    if key not in declared.bodies:
        if key in declared.unplanned:
            return Judgement("inconclusive", "not planned", "the plan of its layer failed")
        return Judgement("pass", CASE, "by its layer's plan")
    found = live.objects.get(key)
    if found is None:
        return Judgement("fail", "absent", "it does not exist")
    if "deletionTimestamp" in found["metadata"]:
        return Judgement("fail", "being deleted", f"since {found['metadata']['deletionTimestamp']}")
    completed = live.completed.get(key, "it was not asked for")
    if isinstance(completed, str):
        return Judgement("inconclusive", "not compared", completed)
    return judge_object(found, completed)


def judge_object(live: Object, completed: Mapping[str, object]) -> Judgement:
    """A live object beside what the server makes of the declared one in its place."""
    found = differences(live, dict(completed))
    if not found:
        return Judgement("pass", CASE, "")
    fields = [item for item in found if item.path != _HASH]
    by = sorted({manager for item in fields for manager in writers(live, item.path)})
    parts = ["what was applied last is not what is declared now"] if len(fields) < len(found) else []
    parts += [f"written by {', '.join(by)}"] if by else []
    observed = named(f"{item.text} {item.how}" for item in fields or found)
    return Judgement("fail", observed, "; ".join(parts) or "no field manager says who wrote it")
