# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The change from one root to the next, in stages that overlap: a pure machine over what was seen.

A root is known by its certificate's fingerprint. Where the change stands is read off the bundles (``cacerts``) of
the clusters and what the proxies present and trust; nothing else remembers it, so that any run can be the next one.

============  =================  ================  ==========================================================
phase         trusted roots      issuing root      who may enter it
============  =================  ================  ==========================================================
``OLD``       old                old
``BOTH``      old, new           old               anyone: nobody loses trust
``ISSUING``   old, new           new               when every proxy of every cluster trusts the new root
``NEW``       new                new               when no proxy of any cluster presents the old root's leaf
============  =================  ================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """What a run is to do; each leads to the phase of PHASE_OF."""

    AUTO = "auto"
    STEADY = "steady"
    TRUST_BOTH = "trust_both"
    ISSUE_NEW = "issue_new"
    TRUST_NEW = "trust_new"


class Phase(IntEnum):
    """How far one cluster is."""

    FOREIGN = -1
    OLD = 0
    BOTH = 1
    ISSUING = 2
    NEW = 3


PHASE_OF = {Stage.TRUST_BOTH: Phase.BOTH, Stage.ISSUE_NEW: Phase.ISSUING, Stage.TRUST_NEW: Phase.NEW}
STAGE_TO = {phase: stage for stage, phase in PHASE_OF.items()}


@dataclass(frozen=True, slots=True)
class Roots:
    """The root that the mesh comes from (None outside a rotation) and the one that it is to have."""

    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a cluster's ``cacerts`` says: which root its intermediate is of, and which roots are trusted."""

    issuer: str
    trusted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Proxy:
    """What one proxy presents and trusts.

    ``leaf`` is the root that its certificate leads to, ``trusted`` the roots it verifies peers with, ``upstream``
    those it verifies istiod with; ``problem`` says why it could not be read, the rest is empty then.
    """

    cluster: str
    name: str
    leaf: str | None = None
    trusted: frozenset[str] = frozenset()
    upstream: frozenset[str] = frozenset()
    problem: str = ""


def phase_of(bundle: Bundle, roots: Roots) -> Phase:
    """How far a cluster with this bundle is."""
    if bundle.trusted == {roots.new} and bundle.issuer == roots.new:
        return Phase.NEW
    if roots.old is None:
        return Phase.FOREIGN
    if bundle.trusted == {roots.old} and bundle.issuer == roots.old:
        return Phase.OLD
    if bundle.trusted == {roots.old, roots.new} and bundle.issuer in bundle.trusted:
        return Phase.BOTH if bundle.issuer == roots.old else Phase.ISSUING
    return Phase.FOREIGN


def bundle_at(phase: Phase, roots: Roots) -> Bundle:
    """The bundle of a cluster at this phase."""
    if roots.old is None or phase is Phase.NEW:
        return Bundle(roots.new, frozenset({roots.new}))
    trusted = {roots.old} if phase is Phase.OLD else {roots.old, roots.new}
    return Bundle(roots.new if phase is Phase.ISSUING else roots.old, frozenset(trusted))


def next_stage(phases: Iterable[Phase], roots: Roots) -> Stage:
    """The stage that is due: the one that takes the hindmost cluster on, STEADY when there is none."""
    if roots.old is None:
        return Stage.STEADY
    hindmost = min(phases, default=Phase.NEW)
    return Stage.TRUST_NEW if hindmost is Phase.NEW else STAGE_TO[Phase(max(hindmost, Phase.OLD) + 1)]


def refusals(
    target: Phase, phases: Mapping[str, Phase], proxies: Iterable[Proxy], roots: Roots, names: Mapping[str, str]
) -> list[str]:
    """Why no cluster may enter ``target`` now, one sentence a reason; ``names`` are words for the roots."""
    found = [f"{cluster} has a bundle of another origin" for cluster, phase in phases.items() if phase < Phase.OLD]
    found += [
        f"{cluster} has not been through {STAGE_TO[Phase(target - 1)]} yet"
        for cluster, phase in phases.items()
        if Phase.OLD <= phase < target - 1
    ]
    # A phase begins where the one before it has been followed by everybody.
    followed = Phase(max(target - 1, Phase.OLD))
    if followed in (Phase.BOTH, Phase.ISSUING):
        found += [lack for proxy in proxies if (lack := lack_of(followed, proxy, roots, names))]
    return found


def lack_of(phase: Phase, proxy: Proxy, roots: Roots, names: Mapping[str, str]) -> str:
    """What a proxy lacks of having followed its cluster to ``phase``, as a sentence; empty when it has."""
    where = f"{proxy.cluster} {proxy.name}"
    if proxy.problem:
        return f"{where} can't be read: {proxy.problem}"
    if roots.new not in proxy.trusted:
        return f"{where} doesn't trust {names[roots.new]} yet"
    if phase is Phase.BOTH:
        return "" if roots.new in proxy.upstream else f"{where} doesn't trust an istiod under {names[roots.new]} yet"
    if proxy.leaf != roots.new:
        return f"{where} still presents a leaf under {names.get(proxy.leaf or '', 'a root that is not known')}"
    if phase is Phase.NEW and proxy.trusted != {roots.new}:
        others = sorted(names.get(root, root[:16]) for root in proxy.trusted - {roots.new})
        return f"{where} still trusts {', '.join(others)}"
    return ""
