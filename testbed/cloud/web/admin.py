"""The test hooks under `/_testbed/`: faults, planned operation failures, settings, the request log, state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from testbed.cloud.core.call import Cloud
from testbed.cloud.core.protocol.errors import ApiError
from testbed.cloud.core.state.operations import PlannedFailure
from testbed.cloud.web.faults import Fault
from testbed.cloud.web.log import RequestLog

Views = dict[tuple[str, str], Callable[[Mapping[str, str], Any], Any]]


class Admin:
    """Dispatches `verb /_testbed/<name>`; `log` and `faults` are the server's own."""

    def __init__(self, cloud: Cloud, log: RequestLog, faults: list[Fault]) -> None:
        self.cloud = cloud
        self.log = log
        self.faults = faults
        self.views: Views = {
            ("GET", "requests"): lambda query, _: log.show(int(query.get("since", 0))),
            ("DELETE", "requests"): lambda *_: log.reset() or {},  # type: ignore[func-returns-value]
            ("GET", "faults"): lambda *_: {"faults": [fault.show() for fault in faults]},
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "operations"): self._plan_failure,
            ("GET", "settings"): lambda *_: vars(cloud.settings),
            ("PATCH", "settings"): self._change_settings,
            ("GET", "clock"): self._clock,
            ("GET", "resources"): self._resources,
            ("DELETE", "resources"): self._clear,
            ("GET", "status"): self._status,
        }

    def add(self, verb: str, name: str, view: Callable[[Mapping[str, str], Any], Any]) -> None:
        """Add a hook of another part."""
        self.views[verb, name] = view

    def run(self, verb: str, path: str, query: Mapping[str, str], payload: bytes) -> Any:
        """The JSON answer; raises ApiError or ValueError."""
        view = self.views.get((verb, path.removeprefix("/_testbed/").strip("/")))
        if view is None:
            known = sorted({f"{verb} /_testbed/{name}" for verb, name in self.views})
            raise ApiError(404, f"{verb} {path} is not a test hook; known: {', '.join(known)}")
        return view(query, json.loads(payload) if payload else {})

    def _add_faults(self, _unused: Mapping[str, str], body: Any) -> Any:
        made = [Fault.parse(item) for item in (body if isinstance(body, list) else [body])]
        self.faults.extend(made)
        return {"faults": [fault.show() for fault in self.faults]}

    def _clear_faults(self, *_: Any) -> Any:
        self.faults.clear()
        self.cloud.operations.failures.clear()
        return {}

    def _plan_failure(self, _unused: Mapping[str, str], body: Any) -> Any:
        failure = PlannedFailure(
            method=str(body.get("method", "*")),
            at=int(body.get("at", 1)),
            code=str(body.get("code", "INTERNAL_ERROR")),
            message=str(body.get("message", "Internal error. Please try again or contact Google Support.")),
        )
        self.cloud.operations.failures.append(failure)
        return vars(failure)

    def _change_settings(self, _unused: Mapping[str, str], body: Any) -> Any:
        cloud = self.cloud
        changed = cloud.settings.updated(body)
        # In place: every service holds the same object.
        vars(cloud.settings).update(vars(changed))
        with cloud.store.transaction():
            cloud.store.set_settings({name: vars(changed)[name] for name in body})
        return vars(cloud.settings)

    def _clock(self, *_: Any) -> Any:
        """The factors between this cloud's seconds and Google's; a client that finds no such route takes both as 1."""
        settings = self.cloud.settings
        return {"time_factor": settings.time_factor, "lateness": settings.lateness}

    def _status(self, query: Mapping[str, str], _unused: Any) -> Any:
        return {"pending": len(self.cloud.operations.unfinished(query.get("service")))}

    def _resources(self, query: Mapping[str, str], _unused: Any) -> Any:
        with self.cloud.store.transaction():
            self.cloud.operations.settle()
        rows = self.cloud.store.connection.execute("SELECT key, kind FROM resources ORDER BY key")
        prefix = query.get("prefix", "")
        return {"resources": [{"key": key, "kind": kind} for key, kind in rows if key.startswith(prefix)]}

    def _clear(self, *_: Any) -> Any:
        with self.cloud.store.transaction():
            self.cloud.store.clear()
        return {}
