"""Each kind of ``cloud.auth``, through a task's whole run, by Google's own host names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import make
from tests.support.credentials import ACCOUNTS, EMAIL, federation_file, key_file, user_file
from tests.support.engine import Engine, cases

NETWORK = [{"kind": "network", "name": "net", "autoCreateSubnetworks": False}]
Auth = dict[str, Any]


@pytest.fixture
def account(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> RunningCloud:
    """A cloud with a service account; the environment says how to reach it, and nothing of who runs the test."""
    make(cloud, ACCOUNTS, {"accountId": "deployer"})
    cloud.admin("DELETE", "requests")
    monkeypatch.setenv("HTTPS_PROXY", cloud.proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cloud.ca_file))
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GCP_ACCESS_TOKEN", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return cloud


def cloud_options(cloud: RunningCloud, auth: Auth) -> dict[str, Any]:
    return {"project": PROJECT, "ca_file": str(cloud.ca_file), "auth": auth, "request_timeout": 5.0}


def token_file(cloud: RunningCloud, folder: Path) -> Auth:
    (folder / "access").write_text(f"{cloud.token}\n")
    return {"kind": "access_token", "token_file": str(folder / "access")}


# Each kind, and how many requests one token of it takes.
KINDS: dict[str, tuple[Callable[[RunningCloud, Path], Auth], int]] = {
    "a token": (lambda cloud, folder: {"kind": "access_token", "token": cloud.token}, 0),
    "a token in a file": (token_file, 0),
    "a service account's key": (
        lambda cloud, folder: {"kind": "service_account", "credentials_file": str(key_file(cloud, folder))},
        1,
    ),
    "impersonation by a key": (
        lambda cloud, folder: {
            "kind": "impersonation",
            "service_account": EMAIL,
            "credentials_file": str(key_file(cloud, folder)),
        },
        2,
    ),
    "workload identity": (
        lambda cloud, folder: {"kind": "workload_identity", "credentials_file": str(federation_file(folder))},
        3,  # google-auth exchanges once more, to ask for the project of the pool
    ),
}
# The same from the environment: its variable, the kind, the value.
ENVIRONMENT: dict[str, tuple[str, Auth, Callable[[RunningCloud, Path], str], int]] = {
    "a token in the environment": ("GCP_ACCESS_TOKEN", {"kind": "access_token"}, lambda cloud, folder: cloud.token, 0),
    "a user's login": (
        "GOOGLE_APPLICATION_CREDENTIALS",
        {},
        lambda cloud, folder: str(user_file(cloud, folder)),
        1,
    ),
    "a key named in the environment": (
        "GOOGLE_APPLICATION_CREDENTIALS",
        {"kind": "service_account"},
        lambda cloud, folder: str(key_file(cloud, folder)),
        1,
    ),
    "impersonation by a user": (
        "GOOGLE_APPLICATION_CREDENTIALS",
        {"kind": "impersonation", "service_account": EMAIL},
        lambda cloud, folder: str(user_file(cloud, folder)),
        2,
    ),
}


def token_requests(cloud: RunningCloud) -> int:
    sent = cloud.admin("GET", "requests")["requests"]
    return sum(entry["api"] == "oauth2.token" or "generateAccessToken" in entry["api"] for entry in sent)


@pytest.mark.parametrize("name", [*KINDS, *ENVIRONMENT])
def test_one_token_a_task_and_another_when_it_is_refused(
    account: RunningCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name in KINDS:
        auth, each = KINDS[name][0](account, tmp_path), KINDS[name][1]
    else:
        variable, auth, value, each = ENVIRONMENT[name]
        monkeypatch.setenv(variable, value(account, tmp_path))
    engine = Engine(account)
    account.admin("DELETE", "requests")
    assert engine(NETWORK, cloud=cloud_options(account, auth))["changed"]
    assert token_requests(account) == each

    account.admin("DELETE", "requests")
    account.admin("POST", "faults", {"fault": "401", "api": "compute.*"})
    assert engine(NETWORK, cloud=cloud_options(account, auth))["mutations"] == 0
    assert token_requests(account) == 2 * each


def test_a_connection_takes_one_token(account: RunningCloud, tmp_path: Path) -> None:
    auth = {"kind": "service_account", "credentials_file": str(key_file(account, tmp_path))}
    engine = Engine(account)
    case = cases()["cluster"]
    engine([*case["needs"], {"kind": "cluster", **case["desired"]}], cloud=cloud_options(account, auth))
    account.admin("DELETE", "requests")
    found = engine.connection(cloud_options(account, auth), "primary")
    assert found["connection"]["token"] == account.token
    assert token_requests(account) == 1


def broken(folder: Path, content: str) -> str:
    (folder / "broken.json").write_text(content)
    return str(folder / "broken.json")


REFUSED: dict[str, tuple[Callable[[RunningCloud, Path], Auth], str]] = {
    "a token that is not known": (lambda cloud, folder: {"kind": "access_token", "token": "stale-token"}, "401"),
    "no token at all": (lambda cloud, folder: {"kind": "access_token"}, "GCP_ACCESS_TOKEN"),
    "a token file that is not there": (
        lambda cloud, folder: {"kind": "access_token", "token_file": str(folder / "none")},
        "auth.token_file: .* cannot be read",
    ),
    "no key file": (lambda cloud, folder: {"kind": "service_account"}, "give credentials_file"),
    "a key file that is not there": (
        lambda cloud, folder: {"kind": "service_account", "credentials_file": str(folder / "none")},
        "auth: no access token",
    ),
    "a key file that is no JSON": (
        lambda cloud, folder: {"kind": "service_account", "credentials_file": broken(folder, "{")},
        "auth: no access token",
    ),
    "nobody to act as": (lambda cloud, folder: {"kind": "impersonation"}, "give service_account"),
    "an account that does not exist": (
        lambda cloud, folder: {
            "kind": "impersonation",
            "service_account": f"nobody@{PROJECT}.iam.gserviceaccount.com",
            "credentials_file": str(key_file(cloud, folder)),
        },
        "nobody@",
    ),
    "a kind that there is not": (lambda cloud, folder: {"kind": "magic"}, "expected one of access_token"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_credential_that_does_not_work_is_explained(account: RunningCloud, tmp_path: Path, name: str) -> None:
    build, says = REFUSED[name]
    auth = build(account, tmp_path)
    with pytest.raises(PlatformError, match=says) as failed:
        Engine(account)(NETWORK, cloud=cloud_options(account, auth))
    text = failed.value.message + str(failed.value.details)
    assert not [secret for secret in ("stale-token", "PRIVATE KEY", account.token) if secret in text]
