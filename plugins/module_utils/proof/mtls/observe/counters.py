# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The counters of the targets' own proxies: the server's side of every refusal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import (
    UNREADABLE,
    exec_with_retry,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.plan import cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import PROXY, MeshPod

WORKERS = 8
STATS = ("pilot-agent", "request", "GET", "stats?filter=15006%7Crbac.denied&format=json")
STATS_TIMEOUT = 20.0
ENDINGS = sorted({name for case in vars(cases).values() if isinstance(case, cases.Case) for name in case.counters})
Counters = Mapping[str, int]


def read_counters(client: ClusterClient, pods: Sequence[MeshPod]) -> dict[str, Counters | None]:
    """Each pod's inbound counters by address; None where its proxy does not tell, even when asked again."""

    def counters(code: int, output: str, errors: str) -> Counters:
        if code != 0:
            raise PlatformError(errors)
        return sum_counters(json.loads(output)["stats"], ENDINGS)

    def read(pod: MeshPod) -> Counters | None:
        program = partial(client.exec, pod.workload.namespace, pod.name, PROXY, STATS, timeout=STATS_TIMEOUT)
        with contextlib.suppress(*UNREADABLE):
            return exec_with_retry(program, counters)
        return None

    with ThreadPoolExecutor(WORKERS) as pool:
        return {pod.address: counters for pod, counters in zip(pods, pool.map(read, pods), strict=True)}


def sum_counters(stats: Iterable[Mapping[str, Any]], endings: Iterable[str]) -> dict[str, int]:
    """Counters by their endings: of the inbound listener, over its addresses (IPv4, IPv6), and of what is behind it."""
    found: dict[str, int] = {}
    wanted = tuple(endings)
    for stat in stats:
        name = str(stat.get("name") or "")
        if not (name.startswith("listener.") and "15006" in name) and not name.startswith(("http.inbound", "tcp.")):
            continue
        for ending in wanted:
            if name.endswith(f".{ending}") and ".worker_" not in name:
                found[ending] = found.get(ending, 0) + int(stat.get("value") or 0)
    return found
