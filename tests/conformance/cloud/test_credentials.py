"""Every kind of credential that google-auth knows gets an access token that works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import google.auth
import pytest
from google.auth import exceptions, impersonated_credentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import make, refused
from tests.support.credentials import ACCOUNTS, EMAIL, federation_file, key, user_file

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
NETWORKS = f"https://compute.googleapis.com/compute/v1/projects/{PROJECT}/global/networks"


@pytest.fixture
def account(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> RunningCloud:
    """A cloud with a service account, reached by Google's own host names."""
    make(cloud, ACCOUNTS, {"accountId": "deployer"})
    monkeypatch.setenv("HTTPS_PROXY", cloud.proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cloud.ca_file))
    return cloud


def by_key(cloud: RunningCloud, _unused: Path) -> Any:
    return service_account.Credentials.from_service_account_info(key(cloud), scopes=SCOPES)


def by_impersonation(cloud: RunningCloud, folder: Path) -> Any:
    return impersonated_credentials.Credentials(by_key(cloud, folder), EMAIL, SCOPES)


def by_refresh_token(cloud: RunningCloud, folder: Path) -> Any:
    return google.auth.load_credentials_from_file(str(user_file(cloud, folder)), scopes=SCOPES)[0]


def by_workload_identity(_unused: RunningCloud, folder: Path) -> Any:
    return google.auth.load_credentials_from_file(str(federation_file(folder)), scopes=SCOPES)[0]


KINDS = [by_key, by_impersonation, by_refresh_token, by_workload_identity]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_credentials_get_a_token_that_works(
    account: RunningCloud, tmp_path: Path, kind: Callable[[RunningCloud, Path], Any]
) -> None:
    response = AuthorizedSession(kind(account, tmp_path)).get(NETWORKS, timeout=10)
    assert response.status_code == 200, response.text


def test_a_deleted_key_and_a_foreign_signature_are_refused(account: RunningCloud) -> None:
    first, second = key(account), key(account)
    forged = {**first, "private_key": second["private_key"]}
    make(account, f"{ACCOUNTS}/{EMAIL}/keys/{second['private_key_id']}", None, verb="DELETE")
    for info, says in ((forged, "Signature"), (second, "key was deleted")):
        with pytest.raises(exceptions.RefreshError, match=says):
            service_account.Credentials.from_service_account_info(info, scopes=SCOPES).refresh(Request())


EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    "scope": SCOPES[0],
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "subject_token": "a token of somebody else",
}


@pytest.mark.parametrize("field", [name for name in EXCHANGE if name != "grant_type"])
def test_an_exchange_that_lacks_something_is_refused(account: RunningCloud, field: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    whole = urlencode(EXCHANGE).encode()
    assert account.request("POST", "/sts/v1/token", whole, headers=form)[0] == 200
    lacking = urlencode({name: value for name, value in EXCHANGE.items() if name != field}).encode()
    status, answer = account.request("POST", "/sts/v1/token", lacking, headers=form)
    assert (status, answer["error"]) == (400, "invalid_grant")


def test_impersonation_refused(account: RunningCloud) -> None:
    path = f"/iamcredentials/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
    assert refused(account, "POST", path, {"scope": SCOPES, "lifetime": "7200s"})[0] == 400
    assert refused(account, "POST", path, {})[0] == 400
    assert refused(account, "POST", path.replace("deployer", "nobody1"), {"scope": SCOPES})[0] == 404


def test_private_halves_are_not_kept(account: RunningCloud) -> None:
    key(account)
    for file in account.local.folder.rglob("cloud.db*"):
        assert b"BEGIN PRIVATE KEY" not in file.read_bytes()
