"""A layer in Git is held by drift_check as one that is applied: its objects, and what differs in Git."""

from __future__ import annotations

from ansible_collections.pingpong.platform.plugins.action.git_manifests import ActionModule
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Change, read

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}


def test_what_differs_in_git_is_named_with_its_file() -> None:
    action = object.__new__(ActionModule)
    action._declare([SERVICE])
    file = {
        "kind": "Service",
        "namespace": "shop",
        "name": "web",
        "action": "updated",
        "path": "p/shop/service-web.yaml",
    }
    plan = action.plan({"layer": "ping"}, {"changed": True, "files": [file]})
    declared = read([{"task": "Commit", "host": "primary", **plan}])
    assert declared.changes == [Change("Service shop/web", "updated", why="p/shop/service-web.yaml in Git")]
    assert declared.bodies == {Key("", "Service", "shop", "web"): SERVICE}


def test_a_repository_that_cannot_be_read_leaves_its_objects_unplanned() -> None:
    action = object.__new__(ActionModule)
    action._declare([SERVICE])
    plan = action.plan({"layer": "ping"}, {"changed": False, "msg": "repository https://x: git ls-remote failed"})
    declared = read([{"task": "Commit", "host": "primary", **plan}])
    assert declared.unplanned == {Key("", "Service", "shop", "web")}
    assert [change.action for change in declared.changes] == ["failed"]
