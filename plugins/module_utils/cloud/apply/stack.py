# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The whole of ``gcp_stack``: read, plan, apply, prune, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.auth import tokens
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.operations import Deadline, Operations
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.execute import Execution, execute
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.reconcile import Reconciler, unsettled
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.change import ResourceChange
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.references import find, resolve, unknown
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.render import report
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource, parse_all
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import (
    plan_absent,
    plan_present,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.stack_plan import (
    StackPlan,
    lookup,
    plan_removal,
    plan_stack,
    prunable,
)
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

Live = dict[str, Any]


@dataclass(frozen=True)
class StackOptions:
    """Options of ``gcp_stack``, apart from how to reach Google. Times are in seconds."""

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

    def __init__(self, settings: CloudSettings, options: StackOptions, client: CloudClient | None = None) -> None:
        self.client = client or connect(settings)
        self._options = options
        self.resources = parse_all(options.resources, settings.project, options.labels)
        self._by_key = {resource.key: resource for resource in self.resources}
        for missing in sorted(find(options.outputs or {}) - self._by_key.keys()):
            raise OptionError(f"outputs: it refers to {missing}, which is not in the stack")
        self._reader = Reader(self.client, options.parallel)
        self._operations = Operations(self.client)
        self._reconciler = Reconciler(self.client, self._reader, self._operations, options.timeout)
        self.live: dict[str, Live | None] = {}

    def run(self, check: bool) -> dict[str, Any]:
        """The task's result; PlatformError names what failed, after everything else was done."""
        self._operations.settle_deletions(self.resources, Deadline(self._options.timeout))
        self.live = self._reader.read_all(self.resources)
        if self._options.present:
            plan = plan_stack(self.resources, self.live)
        else:
            plan = plan_removal(self.resources, self.live, self._options.unprotect)
        pruned = self._prune_plan()
        blocked = [change for change in (*plan.changes, *pruned.changes) if change.action == "blocked"]
        outcome = Execution()
        if not check:
            if blocked:
                raise PlatformError("; ".join(f"{change.key}: {change.why}" for change in blocked))
            outcome = self._apply(plan, self._options.present)
            if pruned.changes and not outcome.failed:
                outcome.merge(self._apply(pruned, False))
        done = [key for key in outcome.done if key not in self._reconciler.unaffected]
        result = report((*plan.changes, *pruned.changes), done, outcome.failed, check)
        result["requests"] = self.client.counts.requests
        result["mutations"] = self.client.counts.mutations
        result["warnings"] = [*plan.warnings, *self._reconciler.warnings]
        result["waits"] = self._reconciler.waits
        result["outputs"] = resolve(self._options.outputs or {}, lookup(self._by_key, self.live))
        if outcome.failed:
            lines = [f"{key}: {error.message.removeprefix(f'{key}: ')}" for key, error in outcome.failed.items()]
            skipped = f" (not tried because they need it: {', '.join(outcome.skipped)})" if outcome.skipped else ""
            raise PlatformError("; ".join(lines) + skipped, result)
        return result

    def _apply(self, plan: StackPlan, present: bool) -> Execution:
        def busy(change: ResourceChange) -> bool:
            return change.action != "none" or unsettled(change.resource, self.live.get(change.key))

        def work(change: ResourceChange) -> Live | None:
            resource = self._by_key[change.key]
            fresh = bool(change.requests) or change.action == "none"
            live = self._reconciler.reconcile(
                resource, self.live.get(change.key), lambda found: self._replan(resource, found, present), fresh
            )
            self.live[change.key] = live
            return live

        return execute(plan, work, busy, self._options.parallel)

    def _replan(self, resource: Resource, live: Live | None, present: bool) -> ResourceChange:
        body = resolve(resource.body, lookup(self._by_key, self.live))
        if not present:
            return plan_absent(resource.with_body(body), live, self._options.unprotect)
        missing = unknown(body)
        if missing is not None:
            raise PlatformError(f"{resource.key}: it refers to a field that is still not there: {missing}")
        return plan_present(resource.with_body(body), live)

    def _prune_plan(self) -> StackPlan:
        if not (self._options.prune and self._options.present):
            return StackPlan((), {})
        options = self._options
        found = prunable(self.resources, self._reader.listings, options.labels, options.prefix, options.unprotect)
        undeclared = [replace(resource, key=f"{resource.key} (pruned)") for resource, _unused in found]
        for resource, (_unused, live) in zip(undeclared, found, strict=True):
            self._by_key[resource.key] = resource
            self.live[resource.key] = live
        return plan_removal(
            undeclared, {resource.key: self.live[resource.key] for resource in undeclared}, options.unprotect
        )
