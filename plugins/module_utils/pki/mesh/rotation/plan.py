# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which roots a run works with and which bundle each cluster is to get: pure decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Union

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued, fingerprint
from ansible_collections.pingpong.platform.plugins.module_utils.pki.issuer_rules import check_issuer
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Installed, Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import (
    PHASE_OF,
    Phase,
    Roots,
    Stage,
    bundle_at,
    phase_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged, Finding, Reason, renewed

with suppress(ImportError):  # see libraries.require
    from cryptography import x509

Found = Union[Installed, Damaged, None]  # noqa: UP007 - ansible-test's pylint reads module_utils as Python 3.9


@dataclass(frozen=True, slots=True)
class RootSet:
    """The roots of a run: ``kept`` is what the store is to hold, in order; ``known`` are all that were seen, by id."""

    roots: Roots
    known: Mapping[str, Root]
    kept: tuple[Root, ...]

    @property
    def names(self) -> dict[str, str]:
        return {identity: root.title for identity, root in self.known.items()}

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        return tuple(root.certificate for root in self.known.values())

    @property
    def new(self) -> Root:
        return self.known[self.roots.new]


def select_roots(
    stored: Sequence[Root],
    found: Mapping[str, Found],
    stage: Stage,
    shape: Shape,
    now: datetime,
    *,
    store: str,
    writable: bool,
) -> RootSet:
    """Tell the old root from the new, and make one where there is none or where the stage begins a rotation.

    ``stored`` is what the store holds, oldest first; ``found`` the bundle of each cluster by its name; ``store`` and
    ``writable`` are the store's label and whether a new root can be kept in it. Raises PlatformError when the clusters
    trust a root that the store has lost, or more than one old root.
    """
    used = used_roots(found)
    known = {**used, **{root.id: root for root in stored}}
    kept = list(stored)
    if not kept and used and stage is not Stage.TRUST_BOTH:
        titles = ", ".join(root.title for root in used.values())
        raise PlatformError(
            f"{store}: found no root there while the clusters trust {titles}; restore it, "
            f"or begin a rotation to a new one with stage: {Stage.TRUST_BOTH}"
        )
    if not kept or (writable and set(used) == {kept[-1].id} and begins(stage, kept, shape, now)):
        fresh = shape.make_root(now)
        kept.append(fresh)
        known[fresh.id] = fresh
    new = kept[-1].id
    others = sorted((set(used) | {root.id for root in kept}) - {new})
    if len(others) > 1:
        titles = ", ".join(known[root].title for root in others)
        raise PlatformError(
            f"{store}: found the clusters and the store with {titles} beside {known[new].title}; "
            "expected one old root at most, so finish the earlier rotation with its roots first"
        )
    old = others[0] if others and used else None
    return RootSet(Roots(old, new), known, tuple(kept if old else kept[-1:]))


def begins(stage: Stage, stored: Sequence[Root], shape: Shape, now: datetime) -> bool:
    """Whether this stage, in steady times, is the begin of a rotation."""
    if len(stored) > 1 or stage not in (Stage.TRUST_BOTH, Stage.AUTO):
        return False
    certificate = stored[-1].certificate
    due = shape.root_renew_before.renew_at(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return stage is Stage.TRUST_BOTH or now >= due


def used_roots(found: Mapping[str, Found]) -> dict[str, Root]:
    """The roots in the clusters' bundles; a key is there only where istiod made its own root."""
    used: dict[str, Root] = {}
    for installed in found.values():
        if isinstance(installed, Installed):
            for certificate in (installed.intermediate.root, *installed.trusted):
                used.setdefault(fingerprint(certificate), Root(certificate))
            if not installed.intermediate.above:
                own = Root(installed.intermediate.certificate, installed.intermediate.key)
                used[own.id] = own
    return used


def phases_of(found: Mapping[str, Found], roots: Roots) -> dict[str, Phase]:
    """The phase of each cluster that has a bundle."""
    return {
        name: phase_of(installed.bundle, roots) for name, installed in found.items() if isinstance(installed, Installed)
    }


def target_of(name: str, stage: Stage, phases: Mapping[str, Phase], roots: Roots) -> Phase:
    """The phase that a cluster is to be in after the stage; a new cluster joins where the others are."""
    if roots.old is None:
        return Phase.NEW
    requested = PHASE_OF.get(stage, Phase.OLD)
    here = phases.get(name, min(phases.values(), default=Phase.NEW))
    return max(here, requested)


@dataclass(frozen=True, slots=True)
class Step:
    """What one cluster is to get, and why; without findings it stays as it is."""

    desired: Installed
    phase: Phase
    findings: tuple[Finding, ...]


def step_of(name: str, found: Found, target: Phase, root_set: RootSet, shape: Shape, now: datetime) -> Step:
    """The bundle of one cluster at its target phase: a new intermediate for a reason only."""
    bundle = bundle_at(target, root_set.roots)
    # The issuer's root goes first. So the order changes when the issuer does, and that alone makes istiod push the
    # roots to the proxies again, at which each asks for a leaf of the new issuer.
    order = sorted(bundle.trusted, key=lambda root: root != bundle.issuer)
    trusted = tuple(root_set.known[root].certificate for root in order)
    intermediate, reasons = _intermediate(name, found, root_set.known[bundle.issuer], shape, now)
    if isinstance(found, Installed):
        lost, gained = found.bundle.trusted - bundle.trusted, bundle.trusted - found.bundle.trusted
        if lost or gained:
            said = [f"trusts {root_set.names[root]} too" for root in sorted(gained)]
            said += [f"no longer trusts {root_set.names[root]}" for root in sorted(lost)]
            reasons = [*reasons, Finding(Reason.TRUST_CHANGED, "it " + " and ".join(said))]
    return Step(Installed(intermediate, trusted), target, tuple(reasons))


def _intermediate(name: str, found: Found, issuer: Root, shape: Shape, now: datetime) -> tuple[Issued, list[Finding]]:
    desired = shape.intermediate(name)
    live = found.intermediate if isinstance(found, Installed) else found
    signer = issuer.signer()
    if signer is None:
        if isinstance(live, Issued) and fingerprint(live.root) == issuer.id:
            return live, []
        raise PlatformError(
            f"{name}: needs an intermediate under {issuer.title}, whose key is not held here; "
            "take the other clusters through the rotation first"
        )
    check_issuer("root", desired, signer, now)
    return renewed(desired, live, signer, now)
