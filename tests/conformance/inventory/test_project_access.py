"""A project that bootstrap.yml has not prepared is refused by one request, with what is missing and what mends it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.cloud.testing import running_cloud
from tests.support.plays import ROOT, playbook
from tests.support.scripted_google import Answer, cloud_options, scripted_google

PERMISSIONS: dict[str, str] = yaml.safe_load((ROOT / "playbooks" / "access.yml").read_text())[0]["vars"][
    "access_permissions"
]
ASKS = "POST /cloudresourcemanager/v1/projects/p:testIamPermissions"
DISABLED = {
    "code": 403,
    "message": "Cloud Resource Manager API has not been used in project 1 before or it is disabled.",
    "status": "PERMISSION_DENIED",
    "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}],
}


def held(*without: str) -> Answer:
    return Answer({"permissions": [name for role, name in PERMISSIONS.items() if role not in without]})


CASES: list[tuple[str, Answer, int, list[str], tuple[str, ...]]] = [
    ("all of it", held(), 0, [], ()),
    ("nothing", Answer({}), 2, [f"the caller lacks what these roles give: {', '.join(PERMISSIONS)}."], ()),
    ("two roles less", held("roles/dns.admin", "roles/storage.admin"), 2,
     ["the caller lacks what these roles give: roles/dns.admin, roles/storage.admin."], ("--check",)),
    ("an API that is off", Answer({"error": DISABLED}, 403), 2, ["Cloud Resource Manager API has not been used"], ()),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "said", "flags"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_what_the_caller_lacks_is_named_at_once(
    answer: Answer, code: int, said: list[str], flags: tuple[str, ...]
) -> None:
    with scripted_google() as google:
        google.says(ASKS, answer)
        # Whatever holds a secret option's value is not shown, so that this one is of no permission's letters.
        auth = {"kind": "access_token", "token": "0123456789"}
        cloud: dict[str, Any] = {"platform_project": "p", "platform_cloud": cloud_options(google) | {"auth": auth}}
        where = ("-i", "inventories/staging", "-e", json.dumps(cloud))
        done = playbook("playbooks/access.yml", *where, *flags)
        assert done.returncode == code, done.stdout + done.stderr
        assert google.seen == [ASKS]
    text = " ".join(done.stdout.split())
    for sentence in [*said, *(["ansible-playbook pingpong.platform.bootstrap -i "] if said else [])]:
        assert sentence in text, done.stdout


def test_a_project_of_the_local_cloud_is_prepared(tmp_path: Path) -> None:
    """As it is from the start: nothing was enabled and nobody made a deployer."""
    with running_cloud(tmp_path / "cloud") as cloud:
        where = {"PINGPONG_STATE": str(tmp_path), "PINGPONG_CLOUD_PORT": str(cloud.port)}
        done = playbook("playbooks/access.yml", "-i", "inventories/local", environment=os.environ | where)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_role_that_bootstrap_grants_is_asked_for() -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / "bootstrap.yml").read_text())
    assert sorted(play["vars"]["bootstrap_roles"]) == sorted(PERMISSIONS)


def test_who_comes_by_the_bastion_is_asked_for_its_role_too() -> None:
    with scripted_google() as google:
        google.says(ASKS, held())
        auth = {"kind": "access_token", "token": "0123456789"}
        cloud = {"platform_project": "p", "platform_cloud": cloud_options(google) | {"auth": auth}}
        where = ("-i", "inventories/staging", "-e", json.dumps({**cloud, "cluster_access": "iap"}))
        done = playbook("playbooks/access.yml", *where)
    assert done.returncode == 2
    assert "lacks what these roles give: roles/iap.tunnelResourceAccessor" in " ".join(done.stdout.split())
