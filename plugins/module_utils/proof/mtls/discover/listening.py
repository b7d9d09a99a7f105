# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ports that pods listen on, declared or not, learnt without any help of the application's image.

All containers of a pod share its network, so that the kernel's tables of sockets read the same in each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import (
    UNREADABLE,
    exec_with_retry,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.sockets import (
    TABLES,
    Listening,
    parse_tables,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import PROXY, MeshPod

WORKERS = 8
READ_TIMEOUT = 20.0


def read_listening(prober: Prober, pods: Sequence[MeshPod]) -> dict[str, Listening]:
    """What each pod listens on, by its address.

    Asked in turn until one answers: ``cat`` in the proxy, then the probe program and ``cat`` in the other containers.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip([pod.address for pod in pods], pool.map(partial(_read, prober), pods), strict=True))


def _read(prober: Prober, pod: MeshPod) -> Listening:
    reasons = []
    for container in (PROXY, *pod.containers):
        try:
            return Listening(parse_tables(_cat(prober, pod, container)), f"the tables of sockets in {container}")
        except UNREADABLE as error:
            reasons.append(f"{container}: {str(error).strip()[:200]}")
        if container == PROXY:
            continue
        try:
            tables = prober.run(pod.reference, [], container=container, sockets=True)["sockets"]
            return Listening(parse_tables(tables), f"the probe program in {container}")
        except (PlatformError, KeyError, ValueError):
            reasons.append(f"{container}: no probe program")
    return Listening(None, "; ".join(reasons))


def _cat(prober: Prober, pod: MeshPod, container: str) -> str:
    """The tables as text; those that the kernel lacks make ``cat`` fail after it has written the others."""

    def tables(_code: int, output: str, errors: str) -> str:
        if not output.strip():
            raise PlatformError(errors)
        return output

    program = partial(
        prober.client.exec, pod.workload.namespace, pod.name, container, ["cat", *TABLES], timeout=READ_TIMEOUT
    )
    return exec_with_retry(program, tables, attempts=2)
