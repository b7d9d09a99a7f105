"""The stage machine alone: phases, what is due, what is refused and why."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import (
    Bundle,
    Phase,
    Proxy,
    Roots,
    Stage,
    bundle_at,
    lack_of,
    next_stage,
    phase_of,
    refusals,
)

ROOTS = Roots("old", "new")
NAMES = {"old": "the old root", "new": "the new root"}
OLD, BOTH, NEW = frozenset({"old"}), frozenset({"old", "new"}), frozenset({"new"})


@pytest.mark.parametrize(
    ("issuer", "trusted", "phase"),
    [
        ("old", OLD, Phase.OLD),
        ("old", BOTH, Phase.BOTH),
        ("new", BOTH, Phase.ISSUING),
        ("new", NEW, Phase.NEW),
        ("new", OLD, Phase.FOREIGN),
        ("old", NEW, Phase.FOREIGN),
        ("other", BOTH, Phase.FOREIGN),
        ("old", BOTH | {"other"}, Phase.FOREIGN),
    ],
)
def test_phases(issuer: str, trusted: frozenset[str], phase: Phase) -> None:
    assert phase_of(Bundle(issuer, trusted), ROOTS) is phase
    if phase is not Phase.FOREIGN:
        assert bundle_at(phase, ROOTS) == Bundle(issuer, trusted)


def test_each_step_is_one_that_istiod_takes() -> None:
    for phase in (Phase.OLD, Phase.BOTH, Phase.ISSUING):
        before, after = bundle_at(phase, ROOTS).trusted, bundle_at(Phase(phase + 1), ROOTS).trusted
        assert before <= after or after <= before


@pytest.mark.parametrize(
    ("phases", "stage"),
    [
        ([Phase.OLD, Phase.OLD], Stage.TRUST_BOTH),
        ([Phase.BOTH, Phase.OLD], Stage.TRUST_BOTH),
        ([Phase.BOTH, Phase.BOTH], Stage.ISSUE_NEW),
        ([Phase.ISSUING, Phase.BOTH], Stage.ISSUE_NEW),
        ([Phase.ISSUING, Phase.NEW], Stage.TRUST_NEW),
        ([Phase.NEW, Phase.NEW], Stage.TRUST_NEW),
    ],
)
def test_the_hindmost_cluster_says_what_is_due(phases: list[Phase], stage: Stage) -> None:
    assert next_stage(phases, ROOTS) is stage
    assert next_stage([Phase.NEW], Roots(None, "new")) is Stage.STEADY


def proxy(leaf: str | None, trusted: frozenset[str], upstream: frozenset[str] = BOTH, problem: str = "") -> Proxy:
    return Proxy("primary", "a/one", leaf, trusted, upstream, problem)


REFUSED = [
    (Phase.ISSUING, [Phase.OLD, Phase.BOTH], [], "primary has not been through trust_both"),
    (Phase.ISSUING, [Phase.BOTH, Phase.FOREIGN], [], "secondary has a bundle of another origin"),
    (Phase.ISSUING, [Phase.BOTH, Phase.BOTH], [proxy("old", OLD)], "primary a/one doesn't trust the new root yet"),
    (Phase.ISSUING, [Phase.BOTH, Phase.BOTH], [proxy("old", BOTH, OLD)], "doesn't trust an istiod under the new root"),
    (Phase.ISSUING, [Phase.BOTH, Phase.BOTH], [proxy(None, OLD, OLD, "gone")], "primary a/one can't be read: gone"),
    (Phase.NEW, [Phase.BOTH, Phase.ISSUING], [], "primary has not been through issue_new"),
    (Phase.NEW, [Phase.ISSUING, Phase.ISSUING], [proxy("old", BOTH)], "still presents a leaf under the old root"),
    (Phase.NEW, [Phase.ISSUING, Phase.ISSUING], [proxy("else", BOTH)], "under a root that is not known"),
    (Phase.NEW, [Phase.ISSUING, Phase.ISSUING], [proxy("new", OLD)], "doesn't trust the new root yet"),
]


@pytest.mark.parametrize(("target", "phases", "proxies", "message"), REFUSED)
def test_what_would_break_somebody_is_refused(
    target: Phase, phases: list[Phase], proxies: list[Proxy], message: str
) -> None:
    found = refusals(target, dict(zip(("primary", "secondary"), phases, strict=True)), proxies, ROOTS, NAMES)
    assert len(found) == 1 and message in found[0]


def test_what_breaks_nobody_is_allowed() -> None:
    assert refusals(Phase.ISSUING, {"primary": Phase.BOTH}, [proxy("old", BOTH)], ROOTS, NAMES) == []
    assert refusals(Phase.NEW, {"primary": Phase.ISSUING}, [proxy("new", BOTH)], ROOTS, NAMES) == []


def test_a_stage_is_over_when_the_last_proxy_has_followed() -> None:
    assert lack_of(Phase.BOTH, proxy("old", BOTH), ROOTS, NAMES) == ""
    assert lack_of(Phase.ISSUING, proxy("old", BOTH), ROOTS, NAMES)
    assert lack_of(Phase.NEW, proxy("new", BOTH), ROOTS, NAMES) == "primary a/one still trusts the old root"
    assert lack_of(Phase.NEW, proxy("new", NEW), ROOTS, NAMES) == ""
