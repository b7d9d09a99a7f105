# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The callers that are declared: who may ask a service for what. Pure.

They are what the identities of calls are held against; AuthorizationPolicies are how a mesh is made to agree, and are
not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import MeshPod, Workload

UNDECLARED_PATH = "/undeclared-path"


class Request(NamedTuple):
    """What is asked for."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class DeclaredCaller:
    """An identity that may call; without ``methods`` or ``paths`` it may use any. A path may end in ``*``."""

    namespace: str
    account: str
    methods: tuple[str, ...]
    paths: tuple[str, ...]

    @property
    def workload(self) -> Workload:
        """The caller as one that can be impersonated: only its identity is known."""
        return Workload(self.namespace, self.account, self.account)

    def is_(self, workload: Workload) -> bool:
        return (self.namespace, self.account) == (workload.namespace, workload.account)

    def permits(self, request: Request) -> bool:
        return (not self.methods or request.method in self.methods) and (
            not self.paths or any(_matches(path, request.path) for path in self.paths)
        )


@dataclass(frozen=True, slots=True)
class DeclaredService:
    """A port and everybody who may call it; ``workload`` None means every workload of the namespace."""

    namespace: str
    workload: str | None
    port: int
    callers: tuple[DeclaredCaller, ...]

    def covers(self, target: MeshPod, port: int) -> bool:
        return (
            (self.namespace, self.port) == (target.workload.namespace, port)
            and self.workload in (None, target.workload.name)
        )  # fmt: skip

    def permits(self, workload: Workload, request: Request) -> bool:
        return any(caller.is_(workload) and caller.permits(request) for caller in self.callers)

    def requests(self) -> list[Request]:
        """What is tried as everybody: all that is declared for anybody, and a path that is for nobody in particular."""
        declared = [
            Request(method, path.replace("*", "any"))
            for caller in self.callers
            for method in caller.methods or ("GET",)
            for path in caller.paths or ("/",)
        ]
        return list(dict.fromkeys((*declared, Request("GET", UNDECLARED_PATH))))


def parse_declared(options: Iterable[Mapping[str, Any]]) -> tuple[DeclaredService, ...]:
    """The option ``declared_callers``.

    :raises OptionError: where a path does not begin with a slash, or one port is declared twice.
    """
    found: list[DeclaredService] = []
    for index, entry in enumerate(options):
        callers = tuple(_caller(f"declared_callers[{index}].callers[{n}]", c) for n, c in enumerate(entry["callers"]))
        service = DeclaredService(entry["namespace"], entry.get("workload"), int(entry["port"]), callers)
        if any(_place(other) == _place(service) for other in found):
            where = f"declared_callers[{index}]"
            raise OptionError(f"{where}: found {service.namespace}:{service.port} again, expected each port once")
        found.append(service)
    return tuple(found)


def declared_for(services: Sequence[DeclaredService], target: MeshPod, port: int) -> DeclaredService | None:
    """What is declared of a pod's port, of a workload before its namespace; None where nothing is."""
    covering = [service for service in services if service.covers(target, port)]
    return next((service for service in covering if service.workload), covering[0] if covering else None)


def _place(service: DeclaredService) -> tuple[str, str | None, int]:
    return service.namespace, service.workload, service.port


def _caller(where: str, entry: Mapping[str, Any]) -> DeclaredCaller:
    paths = tuple(entry.get("paths") or ())
    if wrong := [path for path in paths if not path.startswith(("/", "*"))]:
        raise OptionError(f"{where}.paths: found {wrong[0]!r}, expected a path such as /ping or /static/*")
    methods = tuple(method.upper() for method in entry.get("methods") or ())
    return DeclaredCaller(entry["namespace"], entry["service_account"], methods, paths)


def _matches(pattern: str, path: str) -> bool:
    """As an AuthorizationPolicy takes paths: exact, or with a wildcard at one end."""
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return path.endswith(pattern[1:]) if pattern.startswith("*") else path == pattern
