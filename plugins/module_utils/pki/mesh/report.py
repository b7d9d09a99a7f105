# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ``mesh_ca`` returns and shows: decoded fields, never PEM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.results import diff
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import describe, fingerprint, moment
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Installed
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.planning import Cast, Found, Step
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, RootStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation import Phase, Stage, next_stage
from ansible_collections.pingpong.platform.plugins.module_utils.pki.reasons import Reason

SHOWN = 5


def some(problems: Sequence[str]) -> str:
    """The first few of many sentences."""
    more = len(problems) - SHOWN
    return "; ".join(problems[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def result(
    store: RootStore,
    cast: Cast,
    stage: Stage,
    found: Mapping[str, Found],
    steps: Mapping[str, Step],
    now: datetime,
    stored: Sequence[Root],
) -> dict[str, Any]:
    """The task's result."""
    phases = [step.phase for step in steps.values()]
    finished = all(phase is Phase.NEW for phase in phases)
    roots = [root for root in cast.known.values() if root.id in _live(cast)]
    kept = [cast.new] if finished else cast.kept
    following = Stage.STEADY if finished else next_stage(phases, cast.roots)
    store_changed = store.writable and [root.id for root in kept] != [root.id for root in stored]
    return {
        "changed": store_changed or any(step.findings for step in steps.values()),
        "stage": str(stage),
        "next_stage": str(following),
        "root_store": {"where": store.label, "changed": store_changed},
        "roots": [describe_root(root, cast, now) for root in ([cast.new] if finished else roots)],
        "clusters": {name: describe_step(step, now) for name, step in steps.items()},
        "diff": [
            diff(_side(found[name], cast), {**_side_of(step.wanted, cast), "reason": _reason(step)}, name)
            for name, step in steps.items()
            if step.findings
        ],
    }


def _live(cast: Cast) -> set[str]:
    return {cast.roots.new, *([cast.roots.old] if cast.roots.old else [])}


def describe_root(root: Root, cast: Cast, now: datetime) -> dict[str, Any]:
    """One root: which, until when, and whether its key is held."""
    certificate = root.certificate
    return {
        "role": "new" if root.id == cast.roots.new else "old",
        "fingerprint": root.id,
        "subject": certificate.subject.rfc4514_string(),
        "not_after": moment(certificate.not_valid_after_utc),
        "days_left": (certificate.not_valid_after_utc - now).days,
        "key_held": root.key is not None,
    }


def describe_step(step: Step, now: datetime) -> dict[str, Any]:
    """One cluster: its intermediate, the roots it trusts, and why they changed."""
    certificate = step.wanted.intermediate.certificate
    return {
        "changed": bool(step.findings),
        "reason": _reason(step),
        "reasons": [str(finding.reason) for finding in step.findings],
        "why": "; ".join(finding.why for finding in step.findings),
        "phase": step.phase.name.lower(),
        **describe(certificate),
        "fingerprint": fingerprint(certificate),
        "days_left": (certificate.not_valid_after_utc - now).days,
        "trusted": [fingerprint(root) for root in step.wanted.trusted],
    }


def _reason(step: Step) -> str:
    return str(step.findings[0].reason if step.findings else Reason.NONE)


def _side(found: Found, cast: Cast) -> Any:
    if found is None:
        return None
    return _side_of(found, cast) if isinstance(found, Installed) else {"damaged": found.problem}


def _side_of(installed: Installed, cast: Cast) -> dict[str, Any]:
    return {
        **describe(installed.intermediate.certificate),
        "trusted": [root.subject.rfc4514_string() for root in installed.trusted],
    }
