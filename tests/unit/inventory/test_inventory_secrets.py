"""Whoever mounts a secret may read it, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.secrets import secret_resources

from tests.support.pods import principal

DB, OTHER = {"name": "db", "value": "x"}, {"name": "other", "value": "y", "readers": ["group:team@example.com"]}
PROJECT: dict[str, Any] = {
    "project": "pingpong-local", "project_number": "348357236974", "replication": {"automatic": {}}
}  # fmt: skip


def mount(account: str | None, *secrets: str, namespace: str = "app") -> dict[str, Any]:
    known = {"service_account": account} if account else {}
    return {"name": "m", "namespace": namespace, "secrets": [{"name": name} for name in secrets], **known}


@pytest.mark.parametrize(
    ("items", "mounts", "readers"),
    [
        ([DB, OTHER], [mount("web", "db")], {"db": [principal("app", "web")], "other": ["group:team@example.com"]}),
        (
            [OTHER],
            [mount("web", "other"), mount("web", "other"), mount("job", "other", namespace="batch")],
            {"other": ["group:team@example.com", principal("app", "web"), principal("batch", "job")]},
        ),
        ([DB], [mount(None, "db"), mount("web", "foreign")], {}),
    ],
    ids=["the account that mounts it", "each account once", "no account, and a secret of others"],
)
def test_readers(items: Sequence[Any], mounts: Sequence[Any], readers: dict[str, list[str]]) -> None:
    found = secret_resources(items, mounts, **PROJECT)
    policies = {entry["secret"]: entry["bindings"] for entry in found if entry["kind"] == "secret_iam"}
    assert policies == {
        name: [{"role": "roles/secretmanager.secretAccessor", "members": members}] for name, members in readers.items()
    }


def test_a_secret_is_kept_as_is_said_and_its_value_comes_from_the_payloads() -> None:
    replicas = {"userManaged": {"replicas": [{"location": "r1"}, {"location": "r2"}]}}
    secret, version = secret_resources([DB], [], **PROJECT | {"replication": replicas}, protection=False)
    assert secret["replication"] == replicas
    assert secret["protection"] is False
    assert version == {"kind": "secret_version", "name": "db", "secret": "db", "payload_from": "db"}


def test_a_secret_without_a_value_has_versions_that_others_write() -> None:
    found = secret_resources([{"name": "root"}], [], **PROJECT)
    assert [entry["kind"] for entry in found] == ["secret"]
