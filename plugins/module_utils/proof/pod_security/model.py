# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A fixture: a pod with one thing changed, and the answer that each Pod Security level must give to it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import restricted_pod

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = ("privileged", "baseline", "restricted")
INIT_CONTAINER = "before"
Merge = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fixture:
    """A pod and the answer it must get.

    ``refused_by`` is the lowest level that refuses it, None for one that every level admits. ``reason`` is the
    control's name in the API server's message; at ``restricted`` a stricter check may answer in its place, under
    ``restricted_reason``. ``since`` is the minor version of Kubernetes 1 that first knows the field or gives this
    answer, ``until`` the last that does; where an answer changes, the next fixture of that name has the new one.

    ``pod`` is merged into the spec, ``container`` and ``init_container`` into these; a None in them removes a field.
    ``init_container`` None is a pod without one. An ``ephemeral`` container is asked about in a pod that runs.
    """

    control: str
    name: str
    refused_by: Level | None
    reason: str = ""
    restricted_reason: str = ""
    pod: Merge = field(default_factory=dict)
    container: Merge = field(default_factory=dict)
    init_container: Merge | None = None
    ephemeral: Merge | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    since: int = 0
    until: int | None = None

    def applies_to(self, minor: int) -> bool:
        """Whether a server of this minor version must give this answer."""
        return self.since <= minor and (self.until is None or minor <= self.until)

    def reason_at(self, level: Level) -> str:
        return (self.restricted_reason if level == "restricted" else "") or self.reason

    def refused_at(self, level: Level) -> bool:
        return self.refused_by is not None and LEVELS.index(level) >= LEVELS.index(self.refused_by)


def security(**settings: Any) -> Merge:
    """A change of a security context, of a pod or of a container."""
    return {"securityContext": settings}


def volumes(*sources: Merge) -> Merge:
    """A pod's change that adds volumes."""
    return {"volumes": [{"name": f"volume{number}", **source} for number, source in enumerate(sources)]}


def in_each_container(
    control: str, name: str, refused_by: Level, reason: str, change: Merge, *, restricted_reason: str = "",
    pod: Merge | None = None, ephemeral: bool = True, since: int = 0, until: int | None = None,
) -> tuple[Fixture, ...]:  # fmt: skip
    """The same change in a container, in an init container and (``ephemeral``) in an ephemeral one."""
    words = (control, name, refused_by, reason, restricted_reason, pod or {})
    of_init = (control, f"{name}-init-container", *words[2:])
    of_ephemeral = (control, f"{name}-ephemeral-container", *words[2:])
    return (
        Fixture(*words, container=change, since=since, until=until),
        Fixture(*of_init, init_container=change, since=since, until=until),
        *([Fixture(*of_ephemeral, ephemeral=change, since=since, until=until)] if ephemeral else []),
    )


def pod_of(fixture: Fixture, namespace: str, image: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The fixture as an object to ask the API server about; an ephemeral container is not part of it."""
    pod = restricted_pod(f"pod-security-{fixture.name}", namespace, image, labels)
    if fixture.annotations:
        pod["metadata"]["annotations"] = dict(fixture.annotations)
    spec = merged(pod["spec"], fixture.pod)
    plain = spec["containers"][0]
    spec["containers"] = [merged(plain, fixture.container)]
    if fixture.init_container is not None:
        spec["initContainers"] = [{**merged(plain, fixture.init_container), "name": INIT_CONTAINER}]
    return {**pod, "spec": spec}


def ephemeral_container_of(fixture: Fixture, image: str) -> dict[str, Any]:
    """The fixture's ephemeral container, for a pod that runs; such a container has no resources of its own."""
    plain = restricted_pod("", "", image, {})["spec"]["containers"][0]
    container = merged({**plain, "name": f"pod-security-{fixture.name}"}, fixture.ephemeral or {})
    return {key: value for key, value in container.items() if key != "resources"}


def merged(base: Merge, change: Merge) -> dict[str, Any]:
    """A copy of ``base`` with ``change`` merged in; a None removes a field."""
    result = copy.deepcopy(dict(base))
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result
