"""What people and machines have to prove who they are, as files that google-auth reads."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import make

ACCOUNTS = f"/iam/v1/projects/{PROJECT}/serviceAccounts"
EMAIL = f"deployer@{PROJECT}.iam.gserviceaccount.com"


def key(cloud: RunningCloud) -> dict[str, Any]:
    """A new key of the service account."""
    made = make(cloud, f"{ACCOUNTS}/{EMAIL}/keys", {})
    return dict(json.loads(base64.b64decode(made["privateKeyData"])))


def key_file(cloud: RunningCloud, folder: Path) -> Path:
    """A key in a file."""
    return _written(folder / "key.json", key(cloud))


def user_file(cloud: RunningCloud, folder: Path) -> Path:
    """What ``gcloud auth application-default login`` leaves."""
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": cloud.token}
    return _written(folder / "user.json", user)


def federation_file(folder: Path) -> Path:
    """Workload identity federation: a foreign token that is exchanged, then the service account is impersonated."""
    (folder / "token").write_text("a token of somebody else")
    return _written(
        folder / "federation.json",
        {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://sts.googleapis.com/v1/token",
            "credential_source": {"file": str(folder / "token")},
            "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/"
            f"serviceAccounts/{EMAIL}:generateAccessToken",
        },
    )


def _written(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content))
    file.chmod(0o600)
    return file
