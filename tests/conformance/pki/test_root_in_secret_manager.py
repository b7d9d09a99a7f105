"""The mesh's root in Secret Manager: made, read back, replaced, and the version before it out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, SecretManagerStore

from testbed.cloud.testing import PROJECT, running_cloud

NOW = datetime(2026, 6, 1, tzinfo=UTC)
P256 = ALGORITHMS["ecdsa-p256"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretManagerStore]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        cloud.enable("secretmanager")
        body = {"replication": {"automatic": {}}}
        status, _unused = cloud.request(
            "POST", f"/secretmanager/v1/projects/{PROJECT}/secrets?secretId=mesh-root", body
        )
        assert status == 200
        auth = {"kind": "access_token", "token": cloud.token}
        settings = CloudSettings(PROJECT, cloud.endpoint, str(Path(cloud.ca_file)), auth)
        yield SecretManagerStore(connect(settings), PROJECT, "mesh-root")


def root(days: int = 0) -> Root:
    third, year = RenewBefore(share=0.3), timedelta(days=365)
    return Shape("example.org", P256, year, third, P256, year, third, True).make_root(NOW + timedelta(days=days))


def test_the_roots_are_kept_and_the_versions_before_are_out_of_use(store: SecretManagerStore) -> None:
    assert store.load() == []
    old, new = root(), root(1)
    for kept in ([old], [old, new], [new]):
        store.save(kept)
        assert [one.id for one in store.load()] == [one.id for one in kept]
        assert all(one.key is not None for one in store.load())
    versions = store.api.pages("secretmanager", f"v1/{store.label}/versions", "versions", {})
    assert sorted(version["state"] for version in versions) == ["DISABLED", "DISABLED", "ENABLED"]


def test_a_secret_that_is_not_there_is_named(store: SecretManagerStore) -> None:
    other = SecretManagerStore(store.api, PROJECT, "no-such-secret")
    assert other.load() == []
    with pytest.raises(PlatformError, match="found no secret projects/pingpong-local/secrets/no-such-secret"):
        other.save([root()])
