"""Who can call through a sidecar of its own: the workload whose image carries the probe program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.callers import find_callers
from mtls_support import topology

A, B = topology().pods
NOT_FOUND = 'OCI runtime exec failed: exec: "python3": executable file not found in $PATH'


class Probes:
    """A prober that answers in some containers only."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors

    def run(self, pod: Any, _probes: Any, *, container: str) -> dict[str, Any]:
        if container in self.errors:
            raise PlatformError(self.errors[container])
        return {"results": []}


@pytest.mark.parametrize(
    ("errors", "containers", "noted"),
    [
        ({}, ["ping", "ping"], False),
        ({"ping": NOT_FOUND}, [], True),
        ({"ping": "the probe program in b/b (ping) ended with 1: No module named pingpong"}, [], True),
        ({"ping": "the API server cut the stream"}, ["ping", "ping"], False),  # says nothing of the image
    ],
)
def test_a_workload_without_the_program_is_noted_and_a_failure_stays_a_caller(
    errors: dict[str, str], containers: list[str], noted: bool
) -> None:
    notes: list[str] = []
    found = find_callers(Probes(errors), [A, B], notes)  # type: ignore[arg-type]
    assert [pod.container for pod in found] == containers
    assert [note.partition(":")[0] for note in notes] == (
        [f"calls of {name} through its own sidecar" for name in ("a/a", "b/b")] if noted else []
    )


def test_any_container_of_any_ready_pod_will_do() -> None:
    two = replace(B, containers=("app", "helper"))
    silent = replace(B, name="other", ready=False)
    (found,) = find_callers(Probes({"app": NOT_FOUND}), [silent, two], [])  # type: ignore[arg-type]
    assert (found.name, found.container) == (B.name, "helper")


def test_a_workload_that_is_not_ready_calls_nobody_and_is_no_finding() -> None:
    notes: list[str] = []
    assert find_callers(Probes({}), [replace(B, ready=False)], notes) == [] == notes  # type: ignore[arg-type]
