# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What ``mesh_ca`` returns and shows: decoded fields, never PEM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.results import diff
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import describe, fingerprint, utc_text
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Installed
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, RootStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.plan import Found, RootSet, Step
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Phase, Stage, next_stage
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Reason

SHOWN = 5


def some(problems: Sequence[str]) -> str:
    """The first few of many sentences."""
    more = len(problems) - SHOWN
    return "; ".join(problems[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def result(
    store: RootStore,
    root_set: RootSet,
    stage: Stage,
    found: Mapping[str, Found],
    steps: Mapping[str, Step],
    now: datetime,
    stored: Sequence[Root],
) -> dict[str, Any]:
    """The task's result."""
    phases = [step.phase for step in steps.values()]
    finished = all(phase is Phase.NEW for phase in phases)
    roots = [root for root in root_set.known.values() if root.id in _live(root_set)]
    kept = [root_set.new] if finished else root_set.kept
    following = Stage.STEADY if finished else next_stage(phases, root_set.roots)
    store_changed = store.writable and [root.id for root in kept] != [root.id for root in stored]
    return {
        "changed": store_changed or any(step.findings for step in steps.values()),
        "stage": str(stage),
        "next_stage": str(following),
        "root_store": {"where": store.label, "changed": store_changed},
        "roots": [describe_root(root, root_set, now) for root in ([root_set.new] if finished else roots)],
        "clusters": {name: describe_step(step, now) for name, step in steps.items()},
        "diff": [
            diff(_side(found[name], root_set), {**_side_of(step.desired, root_set), "reason": _reason(step)}, name)
            for name, step in steps.items()
            if step.findings
        ],
    }


def _live(root_set: RootSet) -> set[str]:
    return {root_set.roots.new, *([root_set.roots.old] if root_set.roots.old else [])}


def describe_root(root: Root, root_set: RootSet, now: datetime) -> dict[str, Any]:
    """One root: which, until when, and whether its key is held."""
    certificate = root.certificate
    return {
        "role": "new" if root.id == root_set.roots.new else "old",
        "fingerprint": root.id,
        "subject": certificate.subject.rfc4514_string(),
        "not_after": utc_text(certificate.not_valid_after_utc),
        "days_left": (certificate.not_valid_after_utc - now).days,
        "key_held": root.key is not None,
    }


def describe_step(step: Step, now: datetime) -> dict[str, Any]:
    """One cluster: its intermediate, the roots it trusts, and why they changed."""
    certificate = step.desired.intermediate.certificate
    return {
        "changed": bool(step.findings),
        "reason": _reason(step),
        "reasons": [str(finding.reason) for finding in step.findings],
        "why": "; ".join(finding.why for finding in step.findings),
        "phase": step.phase.name.lower(),
        **describe(certificate),
        "fingerprint": fingerprint(certificate),
        "days_left": (certificate.not_valid_after_utc - now).days,
        "trusted": [fingerprint(root) for root in step.desired.trusted],
    }


def _reason(step: Step) -> str:
    return str(step.findings[0].reason if step.findings else Reason.NONE)


def _side(found: Found, root_set: RootSet) -> Any:
    if found is None:
        return None
    return _side_of(found, root_set) if isinstance(found, Installed) else {"damaged": found.problem}


def _side_of(installed: Installed, root_set: RootSet) -> dict[str, Any]:
    return {
        **describe(installed.intermediate.certificate),
        "trusted": [root.subject.rfc4514_string() for root in installed.trusted],
    }
