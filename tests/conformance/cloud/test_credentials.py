"""Every kind of credential that google-auth knows gets an access token that works."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google.auth
import pytest
from google.auth import exceptions, impersonated_credentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import make, refused

ACCOUNTS = f"/iam/v1/projects/{PROJECT}/serviceAccounts"
EMAIL = f"deployer@{PROJECT}.iam.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
NETWORKS = f"https://compute.googleapis.com/compute/v1/projects/{PROJECT}/global/networks"


@pytest.fixture
def account(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> RunningCloud:
    """A cloud with a service account, reached by Google's own host names."""
    make(cloud, ACCOUNTS, {"accountId": "deployer"})
    monkeypatch.setenv("HTTPS_PROXY", cloud.proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cloud.ca_file))
    return cloud


def key_file(cloud: RunningCloud) -> dict[str, Any]:
    made = make(cloud, f"{ACCOUNTS}/{EMAIL}/keys", {})
    return dict(json.loads(base64.b64decode(made["privateKeyData"])))


def by_key(cloud: RunningCloud, _unused: Path) -> Any:
    return service_account.Credentials.from_service_account_info(key_file(cloud), scopes=SCOPES)


def by_impersonation(cloud: RunningCloud, folder: Path) -> Any:
    return impersonated_credentials.Credentials(by_key(cloud, folder), EMAIL, SCOPES)


def by_refresh_token(cloud: RunningCloud, folder: Path) -> Any:
    file = folder / "user.json"
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": cloud.token}
    file.write_text(json.dumps(user))
    return google.auth.load_credentials_from_file(str(file), scopes=SCOPES)[0]


def by_workload_identity(cloud: RunningCloud, folder: Path) -> Any:
    (folder / "token").write_text("a token of somebody else")
    file = folder / "federation.json"
    file.write_text(
        json.dumps(
            {
                "type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": {"file": str(folder / "token")},
                "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/"
                f"serviceAccounts/{EMAIL}:generateAccessToken",
            }
        )
    )
    return google.auth.load_credentials_from_file(str(file), scopes=SCOPES)[0]


KINDS = [by_key, by_impersonation, by_refresh_token, by_workload_identity]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_credentials_get_a_token_that_works(
    account: RunningCloud, tmp_path: Path, kind: Callable[[RunningCloud, Path], Any]
) -> None:
    response = AuthorizedSession(kind(account, tmp_path)).get(NETWORKS, timeout=10)
    assert response.status_code == 200, response.text


def test_a_deleted_key_and_a_foreign_signature_are_refused(account: RunningCloud) -> None:
    first, second = key_file(account), key_file(account)
    forged = {**first, "private_key": second["private_key"]}
    make(account, f"{ACCOUNTS}/{EMAIL}/keys/{second['private_key_id']}", None, verb="DELETE")
    for info, says in ((forged, "Signature"), (second, "key was deleted")):
        with pytest.raises(exceptions.RefreshError, match=says):
            service_account.Credentials.from_service_account_info(info, scopes=SCOPES).refresh(Request())


def test_impersonation_refused(account: RunningCloud) -> None:
    path = f"/iamcredentials/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
    assert refused(account, "POST", path, {"scope": SCOPES, "lifetime": "7200s"})[0] == 400
    assert refused(account, "POST", path, {})[0] == 400
    assert refused(account, "POST", path.replace("deployer", "nobody1"), {"scope": SCOPES})[0] == 404


def test_private_halves_are_not_kept(account: RunningCloud) -> None:
    key_file(account)
    for file in account.local.folder.rglob("cloud.db*"):
        assert b"BEGIN PRIVATE KEY" not in file.read_bytes()
