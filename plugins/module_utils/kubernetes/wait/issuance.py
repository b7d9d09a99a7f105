# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why cert-manager has not issued a certificate: what the objects say that it makes on the way. Pure.

A Certificate owns a CertificateRequest, which owns an ACME server's Order, which owns a Challenge for each name; what
went wrong stands in the last of them alone. https://cert-manager.io/docs/troubleshooting/acme/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, Objects
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import (
    condition,
    described,
    status_of,
)

CERTIFICATE = ("cert-manager.io", "Certificate")
# API version and kind, each owned by one of the kind before it.
STEPS = (
    ("cert-manager.io/v1", "CertificateRequest"),
    ("acme.cert-manager.io/v1", "Order"),
    ("acme.cert-manager.io/v1", "Challenge"),
)


def unissued(certificate: Object, steps: Mapping[str, Objects]) -> str:
    """A sentence for each unfinished object of the last step that has one; ``steps`` are its namespace's, by kind."""
    owners, sentences = {certificate["metadata"].get("uid")}, ""
    for _version, kind in STEPS:
        owned = [obj for obj in steps.get(kind, []) if _owners(obj) & owners]
        sentences = "; ".join(_unfinished(kind, owned)) or sentences
        owners = {obj["metadata"].get("uid") for obj in owned}
    return sentences


def _owners(obj: Object) -> set[str | None]:
    return {owner.get("uid") for owner in obj["metadata"].get("ownerReferences") or []}


def _unfinished(kind: str, owned: Objects) -> Iterator[str]:
    for obj in sorted(owned, key=lambda obj: str(obj["metadata"]["name"])):
        state, ready = status_of(obj), condition(obj, "Ready")
        name = obj["spec"].get("dnsName") or obj["metadata"]["name"]
        if kind == "CertificateRequest" and ready and ready["status"] != "True":
            yield f"{kind} {name}: {described(ready)}"
        elif kind != "CertificateRequest" and state.get("state") != "valid":
            yield f"{kind} {name} is {state.get('state') or 'pending'}: {state.get('reason') or 'no reason given'}"
