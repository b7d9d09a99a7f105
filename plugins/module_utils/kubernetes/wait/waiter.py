# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Wait until objects are ready, or gone: by LIST, all at once, with a deadline and the last status in the error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    Key,
    ListScope,
    Object,
    Objects,
    group_of,
    key_of,
    list_scope_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait import issuance, pods
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.claims import awaits_consumer
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.conditions import (
    State,
    conditions,
    status_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.predicates import readiness
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.webhooks import (
    CONFIGURATIONS,
    unavailable,
)

# A LIST of these scopes at once, owner's objects only: ListScope → objects.
Lister = Callable[[Iterable[ListScope]], dict[Key, Object]]
_POD_INTERVAL = 2.0


class NotReady(PlatformError):
    """An object is in a state that waiting does not heal."""


@dataclass
class WaitOptions:
    """Options of a wait, in seconds; ``clock`` and ``sleep`` are for tests."""

    timeout: float = 300.0
    interval: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Waiter:
    """Waits for objects of one owner, all at once.

    ``lister`` returns the live objects of a set of scopes by key; ``client`` reads pods and endpoints, for the reasons
    of what is not ready. The timeout of ``options`` counts from here, over all calls together.
    """

    def __init__(self, client: ClusterClient, lister: Lister, options: WaitOptions) -> None:
        self._client = client
        self._list = lister
        self._options = options
        self._deadline = options.clock() + options.timeout
        self._classes: Objects | None = None
        self._first_seen: dict[pods.TerminalContainer, float] = {}

    def until_ready(self, keys: Mapping[Key, ListScope], known: Mapping[Key, Object], *, probe: bool = True) -> None:
        """Return when every object is ready; what ``known`` shows ready is not read again.

        With ``probe`` a webhook configuration is ready when its webhooks can answer, else once it is there.

        NotReady at the first terminal state; DeadlineError with the last status of each object that is not ready.
        """
        pending = self._judge(keys, known, probe)
        next_look = self._options.clock() + _POD_INTERVAL
        while pending:
            if self._options.clock() >= self._deadline:
                raise self._timed_out(pending, known)
            self._options.sleep(self._options.interval)
            known = self._list({keys[key] for key in pending})
            pending = self._judge({key: keys[key] for key in pending}, known, probe)
            if pending and self._options.clock() >= next_look:
                self._check_pods(pending, known)
                next_look = self._options.clock() + _POD_INTERVAL

    def until_deleted(self, keys: Mapping[Key, ListScope]) -> None:
        """Return when none of the objects exists; DeadlineError says what holds the others."""
        remaining = dict(keys)
        interval = min(0.1, self._options.interval)
        while True:
            live = self._list(set(remaining.values()))
            remaining = {key: scope for key, scope in remaining.items() if key in live}
            if not remaining:
                return
            if self._options.clock() >= self._deadline:
                by = "; ".join(f"{key}: {deletion_blockers(live[key])}" for key in sorted(remaining)[:10])
                raise DeadlineError(f"not deleted within {self._options.timeout:g} seconds: {by}")
            self._options.sleep(interval)
            interval = min(self._options.interval, interval * 2)

    def _judge(self, keys: Mapping[Key, ListScope], live: Mapping[Key, Object], probe: bool) -> dict[Key, str]:
        pending = {}
        for key in keys:
            obj = live.get(key)
            if obj is None:
                pending[key] = "does not exist"
                continue
            state, message = readiness(obj)
            if probe and state is State.READY and obj["kind"] in CONFIGURATIONS:
                message = unavailable(self._client, obj)
                state = State.PENDING if message else State.READY
            if state is State.PENDING and obj["kind"] == "PersistentVolumeClaim" and self._awaits_consumer(obj):
                continue
            if state is State.FAILED:
                raise NotReady(f"{key} failed: {message}")
            if state is State.PENDING:
                pending[key] = message
        return pending

    def _awaits_consumer(self, claim: Object) -> bool:
        if self._classes is None:
            self._classes = self._client.list("storage.k8s.io/v1", "StorageClass")
        return awaits_consumer(claim, self._classes)

    def _check_pods(self, pending: Mapping[Key, str], live: Mapping[Key, Object]) -> None:
        """NotReady when a pod of a pending workload is stuck for longer than its reason deserves."""
        for key in pending:
            workload = live.get(key)
            if workload is None:
                continue
            for one in pods.terminal_containers(self._pods_of(workload)):
                since = self._first_seen.setdefault(one._replace(message=""), self._options.clock())
                if self._options.clock() - since >= pods.GRACE[one.reason]:
                    raise NotReady(f"{key} cannot become ready: {one}")

    def _pods_of(self, workload: Object) -> Objects:
        key = key_of(workload)
        if key.kind == "Pod" and not key.group:
            return [workload]
        if (key.group, key.kind) not in pods.WORKLOADS:
            return []
        chosen = pods.selector(workload)
        if chosen is None:
            return []
        found = self._client.list("v1", "Pod", key.namespace, label_selector=chosen)
        sets = (
            self._client.list("apps/v1", "ReplicaSet", key.namespace, label_selector=chosen)
            if key.kind == "Deployment"
            else []
        )
        return pods.current(workload, found, sets)

    def _reason(self, key: Key, obj: Object) -> str:
        """What an object's own status does not say of why it is not ready; empty for nothing."""
        if (key.group, key.kind) != issuance.CERTIFICATE:
            return pods.first_unready(self._pods_of(obj))
        scopes = [ListScope(version, kind, key.namespace) for version, kind in issuance.STEPS]
        return issuance.unissued(obj, {scope.kind: list_scope(self._client, scope, None) for scope in scopes})

    def _timed_out(self, pending: Mapping[Key, str], live: Mapping[Key, Object]) -> DeadlineError:
        lines = []
        for key in sorted(pending)[:10]:
            obj = live.get(key)
            why = self._reason(key, obj) if obj is not None else ""
            lines.append(f"{key}: {pending[key]}" + (f"; {why}" if why else ""))
        more = f" and {len(pending) - 10} more" if len(pending) > 10 else ""
        return DeadlineError(f"not ready within {self._options.timeout:g} seconds: " + "; ".join(lines) + more)


def list_scope(client: ClusterClient, scope: ListScope, selector: str | None) -> Objects:
    """The objects in a scope that match the selector, none when the server does not serve the kind."""
    try:
        return client.list(scope.api_version, scope.kind, scope.namespace or None, label_selector=selector)
    except UnknownKind:
        return []
    except ApiError as error:
        if error.status == 404:
            return []
        raise


def keys_of(objects: Iterable[Object]) -> dict[Key, ListScope]:
    """What to wait for, from the objects themselves."""
    return {key_of(obj): list_scope_of(obj) for obj in objects}


def deletion_blockers(obj: Object) -> str:
    """What keeps an object that is being deleted."""
    finalizers = obj["metadata"].get("finalizers") or (obj.get("spec") or {}).get("finalizers") or []
    messages = [
        str(item.get("message"))
        for item in conditions(status_of(obj))
        if item["status"] == "True" and item.get("message") and group_of(obj["apiVersion"]) == ""
    ]
    said = [f"finalizers {', '.join(finalizers)}"] if finalizers else []
    return "; ".join(said + messages) or (
        "being deleted" if obj["metadata"].get("deletionTimestamp") else "still there"
    )
