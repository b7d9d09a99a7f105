"""On a virtual machine or in a pod: the metadata server says who it is, and no file or login is needed."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import COMPUTE, make
from tests.support.credentials import ACCOUNTS, EMAIL
from tests.support.plays import playbook

GOOGLE = {"Metadata-Flavor": "Google"}
TASK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - pingpong.platform.gcp_stack:
        cloud: {{project: {project}, endpoint: "{endpoint}", ca_file: {ca_file}, auth: {auth}}}
        resources: [{{kind: network, name: net, autoCreateSubnetworks: false}}]
"""


@pytest.fixture
def machine(cloud: RunningCloud) -> Iterator[str]:
    """The metadata server of a machine that runs as the account `deployer`."""
    make(cloud, ACCOUNTS, {"accountId": "deployer"})
    with cloud.metadata(EMAIL) as host:
        yield host


def asked(host: str, path: str, **headers: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"http://{host}{path}", headers=headers)
    try:
        with opener.open(request, timeout=5) as answer:
            assert answer.headers["Metadata-Flavor"] == "Google"
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_only_who_means_it_is_answered(cloud: RunningCloud, machine: str) -> None:
    token = "/computeMetadata/v1/instance/service-accounts/default/token"
    assert asked(machine, token) == (403, "Missing Metadata-Flavor:Google header.")
    assert asked(machine, token, **{"Metadata-Flavor": "other"})[0] == 403
    assert asked(machine, token, **GOOGLE, **{"X-Forwarded-For": "198.51.100.1"})[0] == 403
    status, text = asked(machine, token, **GOOGLE)
    assert (status, json.loads(text)["access_token"]) == (200, cloud.token)
    assert asked(machine, token.replace("default", "other@p.test"), **GOOGLE)[0] == 404
    assert asked(machine, "/computeMetadata/v1/project/project-id", **GOOGLE) == (200, PROJECT)
    assert asked(machine, "/computeMetadata/v1beta1/", **GOOGLE)[0] == 404


def test_a_machine_without_its_account_gets_no_token(cloud: RunningCloud, machine: str) -> None:
    make(cloud, f"{ACCOUNTS}/{EMAIL}", None, verb="DELETE")
    assert asked(machine, "/computeMetadata/v1/instance/service-accounts/default/email", **GOOGLE)[0] == 404


def played(cloud: RunningCloud, folder: Path, host: str, auth: str) -> subprocess.CompletedProcess[str]:
    """One task in a process of its own: google-auth reads the environment once."""
    task = folder / "task.yml"
    task.write_text(
        TASK.format(project=PROJECT, endpoint=cloud.endpoint, ca_file=cloud.ca_file, auth=auth), encoding="utf-8"
    )
    # Nothing of who runs the test: no login of gcloud's, no file, no proxy.
    ours = {"CLOUDSDK_CONFIG": str(folder / "none"), "GCE_METADATA_HOST": host}
    ours |= {"GCE_METADATA_TIMEOUT": "1", "GCE_METADATA_DETECT_RETRIES": "1"}
    theirs = {name: value for name, value in os.environ.items() if not name.lower().endswith(("_proxy", "credentials"))}
    return playbook("-i", "localhost,", str(task), environment=theirs | ours)


def test_a_task_runs_as_the_machine(cloud: RunningCloud, machine: str, tmp_path: Path) -> None:
    done = played(cloud, tmp_path, machine, "{}")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-1000:]
    assert "changed=1" in done.stdout
    assert cloud.request("GET", f"{COMPUTE}/global/networks/net")[0] == 200
    assert cloud.token not in done.stdout + done.stderr


def test_a_task_without_a_metadata_server_says_what_is_missing(cloud: RunningCloud, tmp_path: Path) -> None:
    done = played(cloud, tmp_path, "127.0.0.1:9", "{kind: application_default}")
    assert done.returncode != 0
    assert "auth: no access token" in done.stdout
