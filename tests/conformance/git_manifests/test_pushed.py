"""Commits to a real repository, by Git itself over HTTPS: written, pruned, raced for; with credentials nobody sees."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.files import Changes, desired_files, entries
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.git import Git, Remote, opened, parse
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.run import published

from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.layers import config_map

FOLDER = "staging/primary"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def remote(cloud: RunningCloud, request: pytest.FixtureRequest) -> Remote:
    name = request.node.name.replace("_", "-").split("[")[0]
    return parse({
        "url": f"https://127.0.0.1:{cloud.port}/git/{name}.git", "branch": "main", "username": "deployer",
        "password": cloud.token, "ca_file": str(cloud.ca_file),
    })  # fmt: skip


def publish(remote: Remote, *names: str, folder: str = FOLDER, check_mode: bool = False, program: str = "git",
            **data: str) -> tuple[str | None, Changes]:  # fmt: skip
    objects = [config_map(name, **data) for name in names]
    for obj in objects:
        obj["metadata"]["namespace"] = "shop"
    args = {"layer": "shop", "folder": folder}
    with opened(program, remote) as git:
        return published(git, desired_files(objects, folder), args, remote, check_mode=check_mode)


def held(remote: Remote) -> dict[str, bytes]:
    with opened("git", remote) as git:
        commit = git.fetched()
        return git.files(commit, ".") if commit else {}


def actions(change: Changes) -> dict[str, str]:
    return {item["name"]: item["action"] for item in entries(change) if item["kind"] != "File"}


def test_a_folder_is_written_pruned_and_then_left_alone(remote: Remote) -> None:
    assert actions(publish(remote, "a", "b", check_mode=True)[1]) == {"a": "created", "b": "created"}
    assert held(remote) == {}, "check mode pushes nothing"
    first, change = publish(remote, "a", "b")
    assert actions(change) == {"a": "created", "b": "created"}
    second, change = publish(remote, "a", "b")
    assert (second, bool(change)) == (first, False), "a second run commits nothing"
    third, change = publish(remote, "b", "c", key="other")
    assert third != first
    assert actions(change) == {"a": "deleted", "b": "updated", "c": "created"}
    assert sorted(held(remote)) == [
        f"{FOLDER}/README.md", f"{FOLDER}/shop/configmap-b.yaml", f"{FOLDER}/shop/configmap-c.yaml"
    ]  # fmt: skip


def test_other_folders_are_left_alone(remote: Remote) -> None:
    publish(remote, "a", folder="staging/secondary")
    publish(remote, "b")
    publish(remote, "c")
    assert {path for path in held(remote) if "configmap" in path} == {
        "staging/secondary/shop/configmap-a.yaml", f"{FOLDER}/shop/configmap-c.yaml"
    }  # fmt: skip


def test_a_branch_that_moved_meanwhile_keeps_what_moved_it(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(remote, "a")
    plain, races = Git.push, []

    def raced(git: Git, commit: str, parent: str | None) -> bool:
        if not races:
            races.append(commit)
            publish(remote, "theirs", folder="staging/secondary")
        return plain(git, commit, parent)

    monkeypatch.setattr(Git, "push", raced)
    publish(remote, "b")
    assert races
    assert {path.rpartition("-")[2] for path in held(remote) if "configmap" in path} == {"theirs.yaml", "b.yaml"}


def test_a_large_folder_arrives_whole(remote: Remote) -> None:
    text = "".join(chr(97 + place * 7919 % 26) for place in range(1_500_000))
    publish(remote, "large", key=text)
    assert text in held(remote)[f"{FOLDER}/shop/configmap-large.yaml"].decode().replace("\n    ", "")


def test_a_wrong_password_is_refused_and_shown_nowhere(remote: Remote, tmp_path: Path) -> None:
    wrong = Remote(remote.url, remote.branch, "deployer", "hunter2", remote.ca_file)
    # A program that notes what anybody sees in a list of processes, and hands on to git.
    seen = tmp_path / "seen"
    spy = tmp_path / "git"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nenv >> {seen}\nexec git "$@"\n')
    spy.chmod(0o755)
    with pytest.raises(PlatformError, match="git push failed") as refused:
        publish(wrong, "a", program=str(spy))
    assert "hunter2" not in str(refused.value) + seen.read_text()
    publish(remote, "a", program=str(spy))
    assert remote.password not in seen.read_text()


def test_a_server_that_is_not_there_is_named(remote: Remote) -> None:
    gone = Remote("https://127.0.0.1:9/x.git", "main")
    with pytest.raises(PlatformError, match=r"repository https://127.0.0.1:9/x.git: git ls-remote failed"):
        publish(gone, "a")


def test_without_a_password_nothing_is_pushed(remote: Remote) -> None:
    with pytest.raises(PlatformError, match="git push failed"):
        publish(Remote(remote.url, remote.branch, ca_file=remote.ca_file), "a")


def test_what_people_read_is_a_usual_history(remote: Remote, tmp_path: Path) -> None:
    publish(remote, "a")
    publish(remote, "b")
    clone: list[Any] = ["git", "clone", "-q", remote.url, tmp_path / "clone"]
    subprocess.run(clone, check=True, env={**os.environ, "GIT_SSL_CAINFO": remote.ca_file})
    log = ["git", "-C", tmp_path / "clone", "log", "--format=%an: %s%n%b"]
    said = subprocess.run(log, check=True, capture_output=True, text=True).stdout
    assert said.split("\n\n")[0].splitlines() == [
        f"pingpong.platform: Declare shop of {FOLDER}", "created ConfigMap shop/b", "deleted ConfigMap shop/a"
    ]  # fmt: skip
    fsck = ["git", "-C", tmp_path / "clone", "fsck", "--strict"]
    assert subprocess.run(fsck, check=False, capture_output=True).returncode == 0
