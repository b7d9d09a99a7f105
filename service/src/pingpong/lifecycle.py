"""Whether the service is ready, and why not."""

from __future__ import annotations

from pingpong.faults import Faults


class Lifecycle:
    """Starting, serving, draining: readiness follows the state; liveness never does."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._state = "starting"

    def serve(self) -> None:
        self._state = "ready"

    def drain(self) -> None:
        self._state = "draining"

    @property
    def state(self) -> str:
        """``starting``, ``ready``, ``draining``, or ``fault`` while a fault says so."""
        plan = self._faults.plan
        return "fault" if self._state == "ready" and plan is not None and plan.unready else self._state

    @property
    def ready(self) -> bool:
        return self.state == "ready"
