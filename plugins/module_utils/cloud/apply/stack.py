# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The whole of ``gcp_stack``: read, plan, apply, prune, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.auth import tokens
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.operations import Deadline, Waiter
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.execute import Outcome, carry_out
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.reconcile import Converger, unsettled
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import Operation
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import find, resolve, unknown
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.render import report
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource, parse_all
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import (
    plan_absent,
    plan_present,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import (
    Plan,
    lookup,
    plan_removal,
    plan_stack,
    prunable,
)
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

Live = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """What the user asked for, apart from how to reach Google. Times are in seconds."""

    resources: list[dict[str, Any]]
    labels: dict[str, str]
    present: bool = True
    prune: bool = False
    prefix: str | None = None
    unprotect: bool = False
    outputs: dict[str, Any] | None = None
    timeout: float = 3600.0
    parallel: int = 8


def connect(settings: CloudSettings) -> CloudClient:
    """A client for one task."""
    return CloudClient(
        tokens(settings.auth),
        endpoint=settings.endpoint,
        ca_file=settings.ca_file,
        timeout=settings.request_timeout,
    )


class Stack:
    """One run over one stack."""

    def __init__(self, settings: CloudSettings, wish: Wish, client: CloudClient | None = None) -> None:
        self.client = client or connect(settings)
        self._wish = wish
        self.resources = parse_all(wish.resources, settings.project, wish.labels)
        self._by_key = {resource.key: resource for resource in self.resources}
        for missing in sorted(find(wish.outputs or {}) - self._by_key.keys()):
            raise OptionError(f"outputs: it refers to {missing}, which is not in the stack")
        self._reader = Reader(self.client, wish.parallel)
        self._waiter = Waiter(self.client)
        self._converger = Converger(self.client, self._reader, self._waiter, wish.timeout)
        self.live: dict[str, Live | None] = {}

    def run(self, check: bool) -> dict[str, Any]:
        """The task's result; PlatformError names what failed, after everything else was done."""
        self._waiter.settle_deletions(self.resources, Deadline(self._wish.timeout))
        self.live = self._reader.read_all(self.resources)
        if self._wish.present:
            plan = plan_stack(self.resources, self.live)
        else:
            plan = plan_removal(self.resources, self.live, self._wish.unprotect)
        pruned = self._prune_plan()
        blocked = [operation for operation in (*plan.operations, *pruned.operations) if operation.action == "blocked"]
        outcome = Outcome()
        if not check:
            if blocked:
                raise PlatformError("; ".join(f"{operation.key}: {operation.why}" for operation in blocked))
            outcome = self._apply(plan, self._wish.present)
            if pruned.operations and not outcome.failed:
                outcome.merge(self._apply(pruned, False))
        result = report((*plan.operations, *pruned.operations), outcome, check)
        result["requests"] = self.client.counts.requests
        result["mutations"] = self.client.counts.mutations
        result["warnings"] = self._converger.warnings
        result["outputs"] = resolve(self._wish.outputs or {}, lookup(self._by_key, self.live))
        if outcome.failed:
            lines = [f"{key}: {error.message.removeprefix(f'{key}: ')}" for key, error in outcome.failed.items()]
            skipped = f" (not tried because they need it: {', '.join(outcome.skipped)})" if outcome.skipped else ""
            raise PlatformError("; ".join(lines) + skipped, result)
        return result

    def _apply(self, plan: Plan, present: bool) -> Outcome:
        def busy(operation: Operation) -> bool:
            return operation.action != "none" or unsettled(operation.resource, self.live.get(operation.key))

        def work(operation: Operation) -> Live | None:
            resource = self._by_key[operation.key]
            fresh = bool(operation.steps) or operation.action == "none"
            live = self._converger.converge(
                resource, self.live.get(operation.key), lambda found: self._replan(resource, found, present), fresh
            )
            self.live[operation.key] = live
            return live

        return carry_out(plan, work, busy, self._wish.parallel)

    def _replan(self, resource: Resource, live: Live | None, present: bool) -> Operation:
        body = resolve(resource.body, lookup(self._by_key, self.live))
        if not present:
            return plan_absent(resource.with_body(body), live, self._wish.unprotect)
        missing = unknown(body)
        if missing is not None:
            raise PlatformError(f"{resource.key}: it refers to a field that is still not there: {missing}")
        return plan_present(resource.with_body(body), live)

    def _prune_plan(self) -> Plan:
        if not (self._wish.prune and self._wish.present):
            return Plan((), {})
        wish = self._wish
        found = prunable(self.resources, self._reader.listings, wish.labels, wish.prefix, wish.unprotect)
        doomed = [replace(resource, key=f"{resource.key} (pruned)") for resource, _unused in found]
        for resource, (_unused, live) in zip(doomed, found, strict=True):
            self._by_key[resource.key] = resource
            self.live[resource.key] = live
        return plan_removal(doomed, {resource.key: self.live[resource.key] for resource in doomed}, wish.unprotect)
