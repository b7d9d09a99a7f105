# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ports that pods listen on, declared or not."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod

WORKERS = 8


def read_listening(prober: Prober, pods: Sequence[MeshPod], notes: list[str]) -> dict[str, list[int]]:
    """Each pod's listening ports by address, where a container of it carries the probe program."""

    def read(pod: MeshPod) -> list[int] | None:
        try:
            return list(prober.run(pod.reference, [], container=pod.container)["listening"])
        except PlatformError:
            return None

    with ThreadPoolExecutor(WORKERS) as pool:
        found = dict(zip([pod.address for pod in pods], pool.map(read, pods), strict=True))
    blind = sorted(f"{pod.workload.namespace}/{pod.name}" for pod in pods if found[pod.address] is None)
    notes += [f"undeclared ports of {name}: its container has no probe program to list them" for name in blind]
    return {address: ports for address, ports in found.items() if ports is not None}
