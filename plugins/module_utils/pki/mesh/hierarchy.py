# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The certificates of the mesh: what its root and its intermediates are like, and how a cluster's bundle is read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    Issued,
    fingerprint,
    issue,
    load_certificates,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import (
    CA_USAGES,
    Authority,
    Desired,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import Algorithm
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Bundle
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import NO_NAMES, Names
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged

with suppress(ImportError):  # see libraries.require
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class Shape:
    """What the mesh's authorities are like."""

    trust_domain: str
    root_algorithm: Algorithm
    root_validity: timedelta
    root_renew_before: RenewBefore
    algorithm: Algorithm
    validity: timedelta
    renew_before: RenewBefore
    name_constraints: bool

    def root(self, now: datetime) -> Desired:
        """A root; its name carries the time, for two roots of one name confuse those who build chains."""
        return Desired(
            name="root",
            common_name=f"{self.trust_domain} root {now:%Y-%m-%d %H:%M:%S}"[:64],
            organization=self.trust_domain,
            algorithm=self.root_algorithm,
            usages=CA_USAGES,
            extended_usages=frozenset(),
            authority=Authority(1),
            validity=self.root_validity,
            renew_before=self.root_renew_before,
        )

    def intermediate(self, cluster: str) -> Desired:
        """A cluster's intermediate: it signs leaves only, with name constraints only those of the trust domain."""
        return Desired(
            name=f"intermediate of {cluster}",
            common_name=f"{cluster} intermediate"[:64],
            organization=self.trust_domain,
            algorithm=self.algorithm,
            usages=CA_USAGES,
            extended_usages=frozenset(),
            authority=Authority(0),
            permitted=Names(uris=(self.trust_domain,)) if self.name_constraints else NO_NAMES,
            validity=self.validity,
            renew_before=self.renew_before,
        )

    def make_root(self, now: datetime) -> Root:
        issued = issue(self.root(now), None, now)
        return Root(issued.certificate, issued.key)


@dataclass(frozen=True, slots=True)
class Installed:
    """A cluster's bundle as it is: the intermediate with its key and chain, and the roots that are trusted."""

    intermediate: Issued
    trusted: tuple[x509.Certificate, ...]

    @property
    def bundle(self) -> Bundle:
        """The same by fingerprints, for the stage machine."""
        return Bundle(fingerprint(self.intermediate.root), frozenset(map(fingerprint, self.trusted)))


def read_bundle(where: str, data: Mapping[str, bytes]) -> Installed | Damaged | None:
    """Read the fields of ``cacerts``; a bundle that istiod would not start with is damaged."""
    if bundles.CERTIFICATE in data:
        raise PlatformError(
            f"{where}: found {bundles.CERTIFICATE}, which istiod prefers to {bundles.MESH_CERTIFICATE}; "
            "expected the plug-in layout alone, so delete the Secret or that field"
        )
    if not any(data.get(field) for field in bundles.MESH_FIELDS):
        return None
    missing = [field for field in bundles.MESH_FIELDS if not data.get(field)]
    if missing:
        return Damaged(f"{where} lacks {', '.join(missing)}")
    fields = (bundles.MESH_CERTIFICATE, bundles.MESH_KEY, bundles.MESH_CHAIN, bundles.MESH_ROOT)
    stored = bundles.read_fields(where, data, fields)
    if not isinstance(stored, Issued):
        return stored
    try:
        return Installed(stored, load_certificates(f"{where} {bundles.MESH_ROOT}", data[bundles.MESH_ROOT]))
    except PlatformError as error:
        return Damaged(error.message)
