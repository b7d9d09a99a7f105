# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which workloads can call by themselves, through their own sidecar: those whose image carries the probe program."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Workload, workloads_of

WORKERS = 8
# How container runtimes and Python say that there is no such program; any other failure may pass.
NO_PROGRAM = ("executable file not found", "no such file or directory", "no module named", "ended with 127")


def find_callers(prober: Prober, pods: Sequence[MeshPod], notes: list[str]) -> list[MeshPod]:
    """A ready pod of each workload to call from, with the container that has the program.

    A workload without the program is noted: its own calls are then not looked at. What a failure leaves open stays a
    caller, so that its calls are inconclusive rather than left out.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(partial(_caller, prober, pods), workloads_of(pods)))
    for workload, (pod, ready) in zip(workloads_of(pods), found, strict=True):
        if pod is None and ready:
            notes.append(f"calls of {workload.reference} through its own sidecar: no image of it has the probe program")
    return [pod for pod, _ready in found if pod is not None]


def _caller(prober: Prober, pods: Sequence[MeshPod], workload: Workload) -> tuple[MeshPod | None, bool]:
    ready = [pod for pod in pods if pod.workload == workload and pod.ready]
    for pod in ready:
        for container in pod.containers:
            try:
                prober.run(pod.reference, [], container=container)
            except PlatformError as error:
                if any(sign in error.message.lower() for sign in NO_PROGRAM):
                    continue
            return replace(pod, container=container), True
    return None, bool(ready)
