"""Two clusters that follow Git by the real Argo CD, each with the rights that the role gives it and no other.

There are no nodes: a Deployment without replicas is ready, and everything else is as in any cluster.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.files import TRACKING
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.observe import completed
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.declared import judge_object

from testbed.cloud.testing import running_cloud
from tests.support.apiserver import needed_program, running
from tests.support.argo_cd import SERVED, Region, argo_cd
from tests.support.layers import Object, deployment, role, service

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Region]]:
    with ExitStack() as stack:
        cloud = stack.enter_context(running_cloud(tmp_path_factory.mktemp("cloud")))
        made = {}
        for name in ("primary", "secondary"):
            cluster = stack.enter_context(running(needed_program()))
            made[name] = stack.enter_context(argo_cd(name, cluster, cloud, tmp_path_factory.mktemp(name)))
        yield made


@pytest.fixture
def region(regions: dict[str, Region]) -> Region:
    return regions["primary"]


def version(name: str, tag: str) -> Object:
    return deployment(name, image=f"example.org/app:{tag}")


def powerless(name: str) -> Object:
    return {**role(name), "rules": []}


def image(region: Region, name: str) -> str:
    found = region.harness.get("Deployment", name, "apps/v1")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]) if found else ""


def edit(region: Region, kind: str, name: str, patch: dict[str, Any], api_version: str = "v1") -> None:
    region.harness.edit(kind, name, patch, manager="kubectl-edit", api_version=api_version)


def verdict(region: Region, obj: Object) -> str:
    """What ``drift_check`` says of a declared object that runs."""
    (declared,) = region.declared(obj)
    live = region.harness.get(obj["kind"], obj["metadata"]["name"], obj["apiVersion"])
    assert live is not None
    found, whole = completed(region.client, declared, live)
    assert not isinstance(whole, str), whole
    judged = judge_object(found, whole)
    return "" if judged.verdict == "pass" else judged.observed


def test_a_commit_changes_one_region_and_then_the_other(regions: dict[str, Region]) -> None:
    primary, secondary = regions["primary"], regions["secondary"]
    for one in (primary, secondary):
        one.publish(version("web", "1"), service("web"))
        assert image(one, "web") == "1", one.said()
    assert primary.publish(version("web", "2"), service("web"))["changed"]
    assert (image(primary, "web"), image(secondary, "web")) == ("2", "1")
    secondary.publish(version("web", "2"), service("web"))
    assert (image(primary, "web"), image(secondary, "web")) == ("2", "2")
    for one in (primary, secondary):
        again = one.publish(version("web", "2"), service("web"))
        assert (again["changed"], again["files"]) == (False, [])
        assert verdict(one, version("web", "2")) == verdict(one, service("web")) == ""


def test_what_is_changed_by_hand_is_healed(region: Region) -> None:
    region.publish(version("healed", "1"), service("healed"))
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "example.org/miner:1"}]}}}}
    edit(region, "Deployment", "healed", patch, "apps/v1")
    region.client.delete("v1", "Service", "healed", SERVED)
    region.until(lambda: image(region, "healed") == "1", "the image is not healed")
    region.until(lambda: region.harness.get("Service", "healed"), "the Service is not made anew")


def test_an_addition_that_argo_leaves_is_drift(region: Region) -> None:
    region.publish(service("added"))
    edit(region, "Service", "added", {"metadata": {"labels": {"mine": "yes"}}})
    assert verdict(region, service("added")) == "metadata.labels.mine added"
    edit(region, "Service", "added", {"metadata": {"labels": {"mine": None}}})
    assert verdict(region, service("added")) == ""


def test_what_is_no_longer_committed_is_pruned_and_what_was_never_is_not(region: Region) -> None:
    region.publish(service("kept"), service("pruned"), powerless("pruned"))
    region.client.create({**service("strangers"), "metadata": {"name": "strangers", "namespace": SERVED}})
    assert {item["action"] for item in region.publish(service("kept"))["files"]} == {"deleted"}
    assert region.harness.get("Service", "kept")
    assert region.harness.get("Service", "pruned") is None
    assert region.harness.get("Role", "pruned", "rbac.authorization.k8s.io/v1") is None
    assert region.harness.get("Service", "strangers")
    region.publish(state="absent")
    assert region.harness.get("Service", "kept") is None


def test_a_revert_restores(region: Region, tmp_path: Path) -> None:
    region.publish(version("restored", "1"))
    region.publish(version("restored", "2"), service("new"))

    def git(*arguments: str) -> None:
        environment = {**os.environ, "GIT_SSL_CAINFO": region.repository["ca_file"]}
        who = ["-c", "user.name=a person", "-c", "user.email=person@example.com"]
        login = ["-c", f"credential.helper=!echo username=p; echo password={region.repository['password']}; :"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *login, *arguments], check=True, env=environment)

    git("clone", "--quiet", region.repository["url"], "clone")
    git("-C", "clone", "revert", "--no-edit", "HEAD")
    git("-C", "clone", "push", "--quiet")
    region.refresh()
    region.until(lambda: image(region, "restored") == "1", "the revert is not applied")
    region.until(lambda: not region.harness.get("Service", "new"), "what came with it stays")
    # What the inventory declares differs from Git now, and the plan says so.
    plan = region.publish(version("restored", "2"), service("new"), check_mode=True)
    assert {(item["name"], item["action"]) for item in plan["files"]} == {("restored", "updated"), ("new", "created")}


def test_what_the_api_server_refuses_is_said_by_name(region: Region) -> None:
    region.publish(version("refused", "1"))
    with pytest.raises(PlatformError) as failed:
        region.publish(deployment("refused", replicas=-1))
    print(failed.value)
    assert "refused" in str(failed.value)
    assert "must be greater than or equal to 0" in str(failed.value)
    assert image(region, "refused") == "1", "what ran runs on"
    region.publish(version("refused", "2"))
    assert image(region, "refused") == "2"


QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}, "spec": {"hard": {"pods": "1"}}}


@pytest.mark.parametrize(
    ("obj", "said"),
    [(QUOTA, "ExcludedResourceWarning"), (role("power"), "permissions not currently held")],
    ids=["a kind", "a right"],
)
def test_what_it_has_no_right_to_is_said_by_name(region: Region, obj: Object, said: str) -> None:
    with pytest.raises(PlatformError) as failed:
        region.publish(obj, wait_timeout=60)
    print(failed.value)
    assert obj["metadata"]["name"] in str(failed.value)
    assert said in str(failed.value)
    region.publish(service("after"))


def test_objects_of_k8s_apply_are_taken_over_and_back(region: Region) -> None:
    old = service("taken")
    old["spec"]["ports"].append({"name": "more", "port": 81})
    region.harness.apply(old)
    region.publish(old)
    taken = region.harness.get("Service", "taken")
    assert taken is not None
    managers = {entry["manager"] for entry in taken["metadata"]["managedFields"]}
    assert "pingpong.platform" not in managers, managers
    region.publish(service("taken"))
    taken = region.harness.get("Service", "taken")
    assert taken is not None
    assert [port["port"] for port in taken["spec"]["ports"]] == [80], "what k8s_apply wrote is not kept alive by it"
    region.client.delete("argoproj.io/v1alpha1", "Application", "ping", "gitops")
    changed = service("taken", port=82)
    region.harness.apply(changed)
    back = region.harness.get("Service", "taken")
    assert back is not None
    assert [port["port"] for port in back["spec"]["ports"]] == [82]
    assert TRACKING not in back["metadata"]["annotations"]
    assert not region.harness.apply(changed)["changed"]
    region.platform.apply(*region.objects("application.yml.j2"), prune=False)
