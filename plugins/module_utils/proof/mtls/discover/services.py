# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which Service leads to a pod's port."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.selectors import matches
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Object


@dataclass(frozen=True, slots=True)
class Address:
    """A name and port by which a pod's port is called through the mesh."""

    host: str
    port: int


def service_address(pod: MeshPod, port: int, services: Iterable[Object]) -> Address | None:
    """The first Service that leads to a pod's port; None where none does."""
    for service in services:
        metadata, spec = service["metadata"], service["spec"]
        if metadata["namespace"] != pod.workload.namespace or not spec.get("selector"):
            continue
        if not matches({"matchLabels": spec["selector"]}, pod.labels):
            continue
        for entry in spec.get("ports") or []:
            target = entry.get("targetPort", entry["port"])
            number = pod.names.get(target) if isinstance(target, str) else target
            if number == port:
                return Address(f"{metadata['name']}.{metadata['namespace']}.svc", int(entry["port"]))
    return None
