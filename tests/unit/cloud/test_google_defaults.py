"""A desired resource, and Google's answer once it was created: nothing to do. One field changed: that field.

The answers hold what Google adds by itself (defaults, numbers, output) and lack what it leaves out.
"""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import parse
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource_plan import plan_present

from tests.unit.cloud.answers_compute import COMPUTE
from tests.unit.cloud.answers_platform import PLATFORM

ANSWERED = {answered[0]["kind"]: answered for answered in (*COMPUTE, *PLATFORM)}


@pytest.mark.parametrize("kind", ANSWERED)
def test_answer_to_creation_is_no_change(kind: str) -> None:
    desired, live, _unused, _unused = ANSWERED[kind]
    change = plan_present(parse(desired, "p", {}), live)
    assert (change.action, change.diffs) == ("none", ())


@pytest.mark.parametrize("kind", ANSWERED)
def test_changed_field_is_the_only_difference(kind: str) -> None:
    desired, live, diff, paths = ANSWERED[kind]
    change = plan_present(parse({**desired, **diff}, "p", {}), live)
    assert [found.path for found in change.diffs] == paths


def test_secret_replication_is_immutable() -> None:
    desired, live, diff, _unused = ANSWERED["secret"]
    change = plan_present(parse({**desired, **diff}, "p", {}), live)
    assert change.action == "blocked"
    assert "replication (live: {'userManaged'" in change.why
    assert "desired: {'automatic': {}}" in change.why
    assert "to a secret of a new name" in change.why


def test_private_nodes_of_a_pool_are_one_request() -> None:
    desired, live, diff, _unused = ANSWERED["node_pool"]
    (request,) = plan_present(parse({**desired, **diff}, "p", {}), live).requests
    assert (request.method, request.body) == ("PUT", {"nodeNetworkConfig": {"enablePrivateNodes": False}})
