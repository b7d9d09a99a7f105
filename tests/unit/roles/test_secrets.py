"""Whoever mounts a secret is let in on it, and nobody else; what is mounted is what the add-on understands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from testbed.cloud.core.protocol.values import project_number
from testbed.nodes.addons.secret_manager import DRIVER
from tests.support.pods import principal
from tests.support.roles import INVENTORIES, evaluated, rendered

HOSTS = {"groups": {"clusters": ["primary"]}, "hostvars": {"primary": {"platform_region": "europe-west1"}}}
ITEMS = ({"name": "db", "value": "x"}, {"name": "other", "value": "y", "readers": ["group:team@example.com"]})


def bindings(mounts: list[dict[str, Any]], items: Sequence[dict[str, Any]] = ITEMS) -> dict[str, list[str]]:
    (found,) = rendered(
        "secrets", "local", "resources.yml.j2", **HOSTS, secrets_items=list(items), secrets_mounts=mounts
    )
    policies = [entry for entry in found if entry["kind"] == "secret_iam"]
    for policy in policies:
        assert [binding["role"] for binding in policy["bindings"]] == ["roles/secretmanager.secretAccessor"]
    return {policy["secret"]: policy["bindings"][0]["members"] for policy in policies}


def mount(account: str | None, *secrets: str, namespace: str = "app") -> dict[str, Any]:
    known = {"service_account": account} if account else {}
    return {"name": "m", "namespace": namespace, "secrets": [{"name": name} for name in secrets], **known}


def test_the_service_account_that_mounts_a_secret_reads_it_and_no_other_one() -> None:
    assert bindings([mount("web", "db")]) == {"db": [principal("app", "web")], "other": ["group:team@example.com"]}


def test_readers_stay_and_each_account_is_named_once() -> None:
    found = bindings([mount("web", "other"), mount("web", "other"), mount("job", "other", namespace="batch")])
    assert found == {"other": ["group:team@example.com", principal("app", "web"), principal("batch", "job")]}


def test_a_mount_without_an_account_and_a_secret_of_others_bind_nothing() -> None:
    assert bindings([mount(None, "db"), mount("web", "foreign")], ITEMS[:1]) == {}


def test_a_mount_names_the_latest_version_and_its_file() -> None:
    mounts = [{"name": "m", "namespace": "app", "secrets": [{"name": "db"}, {"name": "other", "path": "deep/file"}]}]
    ((found,),) = rendered("secrets", "local", "mounts.yml.j2", secrets_mounts=mounts)
    assert found["spec"]["provider"] == "gke"
    assert yaml.safe_load(found["spec"]["parameters"]["secrets"]) == [
        {"resourceName": "projects/pingpong-local/secrets/db/versions/latest", "path": "db"},
        {"resourceName": "projects/pingpong-local/secrets/other/versions/latest", "path": "deep/file"},
    ]


def test_the_local_number_is_the_local_projects() -> None:
    project = evaluated("secrets", "local", "platform_project")
    assert evaluated("secrets", "local", "secrets_project_number") == project_number(project)


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_inventory_that_names_accounts_names_its_projects_number(inventory: str) -> None:
    mounts = evaluated("secrets", inventory, "secrets_mounts")
    if any(entry.get("service_account") for entry in mounts):
        assert str(evaluated("secrets", inventory, "secrets_project_number")).isdigit()


def test_the_driver_is_called_as_on_gke() -> None:
    assert DRIVER == "secrets-store-gke.csi.k8s.io"
