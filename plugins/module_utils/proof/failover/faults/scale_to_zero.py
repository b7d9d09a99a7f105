# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The gateway gone: its Deployment scaled to zero, with the number to restore in an annotation on it.

Replicas and annotation change in one request, so there is no moment at which a killed drill leaves a workload without
replicas and without the annotation from which the next one restores it. A HorizontalPodAutoscaler leaves a workload
without replicas alone:
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Restoration

REPLICAS_ANNOTATION = "pingpong.platform/drill-replicas"


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """A Deployment's replicas: desired, ready, and the number that a drill saved on it before scaling to zero."""

    replicas: int
    ready: int
    saved: int | None

    def restoration(self) -> Restoration:
        """Whether every replica is back."""
        seen = f"{self.ready} of {self.replicas} replicas are ready"
        if self.saved is not None:
            return Restoration(seen, f"{self.saved} replicas are not restored; state restored does it")
        return Restoration(seen, "" if self.ready >= self.replicas > 0 else "not every replica is ready")


class ScaledDeployment:
    """A Deployment that a drill scales to zero and restores."""

    def __init__(self, client: ClusterClient, workload: Mapping[str, Any]) -> None:
        self.client = client
        self.ref = ("apps/v1", "Deployment", str(workload["name"]), str(workload["namespace"]))

    def __str__(self) -> str:
        return f"Deployment {self.ref[3]}/{self.ref[2]}"

    def replica_state(self) -> ReplicaState:
        """Its replicas now; a PlatformError where there is no such Deployment, or its annotation is malformed."""
        found = self.client.get(*self.ref)
        if found is None:
            raise PlatformError(f"{self} does not exist")
        saved = (found["metadata"].get("annotations") or {}).get(REPLICAS_ANNOTATION)
        if saved is not None and not saved.isdecimal():
            raise PlatformError(
                f"{self}: annotation {REPLICAS_ANNOTATION}: found {saved!r}, expected a number of replicas"
            )
        return ReplicaState(
            replicas=int(found["spec"].get("replicas", 1)),
            ready=int((found.get("status") or {}).get("readyReplicas") or 0),
            saved=None if saved is None else int(saved),
        )

    def left(self) -> bool:
        return self.replica_state().saved is not None

    def restoration(self) -> Restoration:
        return self.replica_state().restoration()

    def inject(self) -> None:
        """Scale to zero. The number that an earlier drill saved is not overwritten."""
        now = self.replica_state()
        number = now.replicas if now.saved is None else now.saved
        self._patch(0, str(number))

    def restore(self) -> bool:
        """Scale back to the saved number, this drill's or that of a killed one; False when none is saved."""
        saved = self.replica_state().saved
        if saved is None:
            return False
        self._patch(saved, None)
        return True

    def _patch(self, replicas: int, saved: str | None) -> None:
        patch = {"metadata": {"annotations": {REPLICAS_ANNOTATION: saved}}, "spec": {"replicas": replicas}}
        self.client.patch(*self.ref, patch)
