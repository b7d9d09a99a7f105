"""Faults on purpose: bounded in size and in time, so that a forgotten one heals by itself."""

from __future__ import annotations

import random
from time import monotonic
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class FaultPlan(BaseModel):
    """What to do to ``/ping`` and to readiness, and for how many seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    latency_seconds: Annotated[float, Field(ge=0, le=10)] = 0.0
    error_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    error_status: Literal[500, 502, 503, 504] = 500
    unready: bool = False
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0


class InvalidPlanError(ValueError):
    """A plan that was refused; the message names every field that is wrong."""


class Faults:
    """The plan in force."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311  # which requests fail is no secret
        self.armed: FaultPlan | None = None  # set last; perhaps over by now
        self._until = 0.0

    @property
    def plan(self) -> FaultPlan | None:
        """The plan in force, None where there is none (any more)."""
        if self.armed is not None and monotonic() >= self._until:
            self.armed = None
        return self.armed

    def set(self, body: bytes) -> FaultPlan:
        """Put the plan in a JSON body in force, in place of any other. Raises ``InvalidPlanError``."""
        try:
            plan = FaultPlan.model_validate_json(body)
        except ValidationError as error:
            raise InvalidPlanError("; ".join(_explain(e) for e in error.errors())) from None
        self.armed, self._until = plan, monotonic() + plan.seconds
        return plan

    def clear(self) -> None:
        self.armed = None

    def fails(self, plan: FaultPlan) -> bool:
        """Whether this request is one of those that fail."""
        return self._rng.random() < plan.error_rate

    def describe(self) -> dict[str, Any]:
        """The plan in force and the seconds that are left of it."""
        plan = self.plan
        if plan is None:
            return {"active": False}
        return {"active": True, "remaining_seconds": round(self._until - monotonic(), 3), **plan.model_dump()}


def _explain(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]) or "body"
    return f"{name}: {error['msg']}"
