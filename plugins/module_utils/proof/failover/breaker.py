# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Take a workload out of service and give it back: no replicas, and the number noted on the workload itself.

Number and note change in one request, so there is no moment at which a killed drill leaves a workload without replicas
and without the note by which the next one heals it. A HorizontalPodAutoscaler leaves a workload without replicas alone:
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Standing

TAKEN = "pingpong.platform/drill-replicas"


class Breaker:
    """A Deployment that a drill takes away and gives back."""

    def __init__(self, client: ClusterClient, workload: Mapping[str, Any]) -> None:
        self.client = client
        self.ref = ("apps/v1", "Deployment", str(workload["name"]), str(workload["namespace"]))

    def __str__(self) -> str:
        return f"Deployment {self.ref[3]}/{self.ref[2]}"

    def standing(self) -> Standing:
        """How the workload is now."""
        found = self.client.get(*self.ref)
        if found is None:
            raise PlatformError(f"{self} does not exist")
        noted = (found["metadata"].get("annotations") or {}).get(TAKEN)
        if noted is not None and not noted.isdecimal():
            raise PlatformError(f"{self}: annotation {TAKEN}: found {noted!r}, expected a number of replicas")
        return Standing(
            replicas=int(found["spec"].get("replicas", 1)),
            ready=int((found.get("status") or {}).get("readyReplicas") or 0),
            taken=None if noted is None else int(noted),
        )

    def take_down(self) -> None:
        """No replicas from now on. What an earlier drill has noted is not overwritten."""
        now = self.standing()
        number = now.replicas if now.taken is None else now.taken
        self._change(0, str(number))

    def restore(self) -> bool:
        """Give back what a drill has taken, this one or one that was killed; whether there was anything."""
        taken = self.standing().taken
        if taken is None:
            return False
        self._change(taken, None)
        return True

    def _change(self, replicas: int, noted: str | None) -> None:
        patch = {"metadata": {"annotations": {TAKEN: noted}}, "spec": {"replicas": replicas}}
        self.client.patch(*self.ref, patch)
