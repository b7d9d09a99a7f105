"""From an HTTP request to a handler: routing, credentials, schema, transaction."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.cloud.core.call import Call, Cloud, guards, serves
from testbed.cloud.core.protocol import answers, discovery, presence
from testbed.cloud.core.protocol.discovery import Method, Service
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.schema import Checker
from testbed.cloud.core.state.identity import Workload

# A path on www.googleapis.com names its service first; these are the ones that still live there.
WWW_SERVICES = ("compute", "dns", "storage")


@dataclass(frozen=True)
class Target:
    """What a request is for: `method` is None when the service has no such path."""

    service: Service
    method: Method | None
    path: Mapping[str, str]


class Dispatcher:
    """Finds and runs handlers; one transaction a request."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.checkers = {name: Checker(discovery.load(name)) for name in discovery.VERSIONS}

    def locate(self, host: str, path: str, verb: str) -> Target | None:
        """The service and method by Host (`compute.googleapis.com`) or by path prefix (`/compute/...`)."""
        path = path.lstrip("/")
        name = host.partition(":")[0].removesuffix(".googleapis.com")
        if name in ("www", ""):
            name = path.partition("/")[0]
            if name not in WWW_SERVICES:
                return None
        elif name not in discovery.VERSIONS:
            name, _unused, path = path.partition("/")
            if name not in discovery.VERSIONS:
                return None
        service = discovery.load(name)
        found = service.match(verb, path)
        return Target(service, *found) if found else Target(service, None, {})

    async def run(
        self,
        target: Target,
        query: Mapping[str, list[str]],
        payload: bytes,
        content_type: str,
        workload: Workload | None = None,
    ) -> Any:
        """The answer's JSON, for a workload only what IAM lets it have; raises ApiError."""
        method = target.method
        if method is None:
            raise ApiError(404, "Method not found.", reason="notFound")
        checker = self.checkers[target.service.name]
        checker.path(method, target.path)
        typed = checker.query(method, query)
        body = presence.heard(target.service, method.request, checker.body(method, _decode(payload, content_type)))
        call = Call(self.cloud, target.service, method, checker, dict(target.path), typed, body, workload=workload)
        with self.cloud.store.transaction():
            self.cloud.operations.settle()
        handler = serves.handlers.get(method.id)
        if handler is None:
            raise ApiError(
                501, f"Operation is not implemented, or supported, or enabled. ({method.id} is not served locally.)"
            )
        with self.cloud.store.transaction():
            for guard in guards:
                guard(call)
            result = handler(call)
            if not inspect.isawaitable(result):
                return _written(target.service, method, query, result)
        # Only waiting methods are asynchronous, and they change nothing.
        return _written(target.service, method, query, await result)


def _written(service: Service, method: Method, query: Mapping[str, list[str]], result: Any) -> Any:
    return answers.shaped(service, method, query, presence.shown(service, method.response, result))


def _decode(payload: bytes, content_type: str) -> Any:
    if not payload:
        return None
    if "json" not in content_type:
        raise invalid(f"Content-Type '{content_type}' is not supported; expected application/json.")
    try:
        return json.loads(payload, object_pairs_hook=_no_duplicates)
    except (ValueError, UnicodeDecodeError) as error:
        raise invalid(f"Invalid JSON payload received. {error}", reason="parseError") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        names = [name for name, _unused in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'Duplicate name "{double}".')
    return seen
