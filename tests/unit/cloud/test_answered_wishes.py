"""A wish as it is sent, and the resource as Google then answers it: nothing to do. One field changed: that field.

The answers hold what Google adds by itself (defaults, numbers, output) and lack what it leaves out.
"""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import parse
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import plan_present

from tests.unit.cloud.answers_compute import COMPUTE
from tests.unit.cloud.answers_platform import PLATFORM

WISHES = {answered[0]["kind"]: answered for answered in (*COMPUTE, *PLATFORM)}


@pytest.mark.parametrize("kind", WISHES)
def test_what_was_answered_needs_nothing(kind: str) -> None:
    wish, live, _unused, _unused = WISHES[kind]
    operation = plan_present(parse(wish, "p", {}), live)
    assert (operation.action, operation.changes) == ("none", ())


@pytest.mark.parametrize("kind", WISHES)
def test_what_is_wished_anew_differs_alone(kind: str) -> None:
    wish, live, change, paths = WISHES[kind]
    operation = plan_present(parse({**wish, **change}, "p", {}), live)
    assert [found.path for found in operation.changes] == paths


def test_a_secret_is_kept_where_it_was_made() -> None:
    wish, live, change, _unused = WISHES["secret"]
    operation = plan_present(parse({**wish, **change}, "p", {}), live)
    assert operation.action == "blocked"
    assert "replication (is {'userManaged'" in operation.why
    assert "wished {'automatic': {}}" in operation.why
    assert "to a secret of a new name" in operation.why


def test_private_nodes_of_a_pool_are_switched_alone() -> None:
    wish, live, change, _unused = WISHES["node_pool"]
    (step,) = plan_present(parse({**wish, **change}, "p", {}), live).steps
    assert (step.method, step.body) == ("PUT", {"nodeNetworkConfig": {"enablePrivateNodes": False}})
