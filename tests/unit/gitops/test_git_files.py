"""Which files a layer is in Git, and what a commit does to a folder: a table of folders, no program."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.gitops import files
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.git import parse

URL = "https://git.example.com/shop.git"


def config_map(name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "annotations": {"a": "b"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_an_object_says_which_application_it_belongs_to_as_argo_does() -> None:
    route = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
    obj = files.tracked({**route, "metadata": {"name": "cart", "namespace": "shop"}}, "ping")
    # BuildAppInstanceValue of argo-cd's util/argo/resource_tracking.go
    assert obj["metadata"]["annotations"] == {
        "argocd.argoproj.io/tracking-id": "ping:networking.istio.io/VirtualService:shop/cart"
    }
    of_core = files.tracked(config_map("c"), "ping")["metadata"]["annotations"]
    assert of_core == {"a": "b", files.TRACKING: "ping:/ConfigMap:shop/c"}


def test_a_file_an_object_under_a_name_that_no_other_has() -> None:
    kinds = [("gateway.networking.k8s.io/v1", "Gateway"), ("networking.istio.io/v1", "Gateway"), ("v1", "Service")]
    objects = [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "shop"}} for version, kind in kinds
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}}
    found = files.desired_files([*objects, role], "staging/primary")
    assert sorted(found) == [
        "staging/primary/README.md",
        "staging/primary/cluster/clusterrole.rbac.authorization.k8s.io-x.yaml",
        "staging/primary/shop/gateway.gateway.networking.k8s.io-x.yaml",
        "staging/primary/shop/gateway.networking.istio.io-x.yaml",
        "staging/primary/shop/service-x.yaml",
    ]
    assert yaml.safe_load(found["staging/primary/shop/service-x.yaml"]) == objects[2]


def test_a_secret_never_goes_into_git() -> None:
    secret = {**config_map("tls"), "kind": "Secret", "data": {"key": "c2VjcmV0"}}
    with pytest.raises(OptionError, match="Secret shop/tls") as refused:
        files.desired_files([config_map("a"), secret], "f")
    assert "c2VjcmV0" not in str(refused.value)


def change(desired: dict[str, str], live: dict[str, str]) -> files.Changes:
    return files.changes(*({path: text.encode() for path, text in side.items()} for side in (desired, live)))


def test_the_same_folder_is_no_change() -> None:
    assert not change({"f/a": "1"}, {"f/a": "1"})


def test_what_is_not_declared_goes_and_what_differs_is_written() -> None:
    found = change({"f/a": "1", "f/b": "2"}, {"f/b": "3", "f/c": "4"})
    assert (found.written, found.removed) == ({"f/a": b"1", "f/b": b"2"}, {"f/c": b"4"})
    shown = {item["after_header"]: (item["before"], item["after"]) for item in files.differences(found)}
    assert shown == {"f/a": ("", "1"), "f/b": ("3", "2"), "f/c": ("4", "")}


def test_the_objects_of_a_change_are_named() -> None:
    old, new = (files.desired_files([config_map("a", k=value), config_map(value)], "f") for value in "12")
    found = [(item["action"], item["kind"], item["namespace"], item["name"])
             for item in files.entries(files.changes(new, {**old, "f/notes": b"by hand: ["}))]  # fmt: skip
    assert found == [
        ("created", "ConfigMap", "shop", "2"), ("updated", "ConfigMap", "shop", "a"),
        ("deleted", "File", "", "f/notes"), ("deleted", "ConfigMap", "shop", "1"),
    ]  # fmt: skip


def test_a_commit_as_fast_import_reads_it() -> None:
    stream = files.commit_stream(
        change({"f/a": "é"}, {"f/c": ""}), branch="main", parent="0" * 40, message="Übung\n", now=7
    )
    assert stream.decode().splitlines() == [
        "commit refs/heads/main", "committer pingpong.platform <pingpong.platform@localhost> 7 +0000",
        "data 7", "Übung", "", f"from {'0' * 40}", "M 100644 inline f/a", "data 2", "é", "D f/c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "https://me:hunter2@git.example.com/x.git"}, "repository.url: found a password"),
        ({"url": "--upload-pack=x"}, "repository.url: found '--upload-pack=x'"),
        ({"branch": "-f"}, "repository.branch: found '-f'"),
        ({"branch": "a..b"}, "repository.branch: found 'a..b'"),
        ({"url": "http://git.example.com/x.git", "username": "u", "password": "hunter2"}, "expected an address with"),
        ({"url": "git@example.com:x.git", "username": "u", "password": "hunter2"}, "expected an address with https"),
        ({"username": "u", "password": "hunter2\nquit=1"}, "more than one line"),
    ],
)
def test_a_wrong_repository_is_refused_without_its_password(given: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=said) as refused:
        parse({"url": URL, "branch": "main", **given})
    assert "hunter2" not in str(refused.value)


def test_a_remote_shows_no_password() -> None:
    remote = parse({"url": URL, "branch": "a/b.c", "username": "u", "password": "hunter2"})
    assert "hunter2" not in repr(remote)
