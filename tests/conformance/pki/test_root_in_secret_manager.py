"""Authorities in Secret Manager: made, read back, replaced, by one run at a time, and used to sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import Root, SecretManagerStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions

from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.support.plays import play

NOW = datetime(2026, 6, 1, tzinfo=UTC)
P256 = ALGORITHMS["ecdsa-p256"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as found:
        found.enable("secretmanager")
        for name in ("mesh-root", "hosts-authority"):
            body = {"replication": {"automatic": {}}}
            path = f"/secretmanager/v1/projects/{PROJECT}/secrets?secretId={name}"
            assert found.request("POST", path, body)[0] == 200
        yield found


def settings(cloud: RunningCloud) -> dict[str, Any]:
    """The option ``cloud`` of tasks."""
    auth = {"kind": "access_token", "token": cloud.token}
    return {"project": PROJECT, "endpoint": cloud.endpoint, "ca_file": str(Path(cloud.ca_file)), "auth": auth}


@pytest.fixture
def client(cloud: RunningCloud) -> CloudClient:
    return connect(CloudSettings(**settings(cloud)))


def stored(client: CloudClient, name: str = "mesh-root") -> SecretManagerStore:
    return SecretManagerStore(SecretVersions("root.secret", client, PROJECT, name))


def states(client: CloudClient, name: str = "mesh-root") -> list[str]:
    path = f"v1/projects/{PROJECT}/secrets/{name}/versions"
    return sorted(version["state"] for version in client.pages("secretmanager", path, "versions", {}))


def root(days: int = 0) -> Root:
    third, year = RenewBefore(share=0.3), timedelta(days=365)
    return Shape("example.org", P256, year, third, P256, year, third, True).make_root(NOW + timedelta(days=days))


def test_the_roots_are_kept_and_the_versions_before_are_out_of_use(client: CloudClient) -> None:
    store = stored(client)
    assert store.load() == []
    old, new = root(), root(1)
    for kept in ([old], [old, new], [new]):
        store.save(kept)
        assert [one.id for one in store.load()] == [one.id for one in kept]
        assert all(one.key is not None for one in store.load())
    assert states(client) == ["DISABLED", "DISABLED", "ENABLED"]


def test_of_two_runs_that_read_the_same_one_writes(client: CloudClient) -> None:
    early, late = stored(client), stored(client)
    assert [one.id for one in early.load()] == [one.id for one in late.load()]
    mine = root(2)
    early.save([mine])
    with pytest.raises(PlatformError, match="another run has added meanwhile"):
        late.save([root(3)])
    assert [one.id for one in stored(client).load()] == [mine.id]
    assert states(client).count("ENABLED") == 1


def test_a_version_that_is_added_between_the_look_and_the_write_counts(
    client: CloudClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen the same newest version when they add theirs: the one that came second puts its own out of use."""
    first, second = stored(client), stored(client)
    first.load(), second.load()
    theirs, send = root(4), client.change

    def meanwhile(service: str, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        monkeypatch.setattr(client, "change", send)
        first.save([theirs])
        return send(service, method, path, query, body)

    monkeypatch.setattr(client, "change", meanwhile)
    with pytest.raises(PlatformError, match="another run has added meanwhile"):
        second.save([root(5)])
    assert [one.id for one in stored(client).load()] == [theirs.id]
    assert states(client).count("ENABLED") == 1


def test_a_secret_that_is_not_there_is_named(client: CloudClient) -> None:
    other = stored(client, "no-such-secret")
    assert other.load() == []
    with pytest.raises(PlatformError, match="found no secret projects/pingpong-local/secrets/no-such-secret"):
        other.save([root()])


def test_an_authority_of_hosts_is_made_and_signs_by_a_task(
    cloud: RunningCloud, client: CloudClient, tmp_path: Path
) -> None:
    """In the run of a user: made once, no key shown, and what it signs leads to it."""
    kept = {"secret_manager": {"name": "hosts-authority"}}
    files = {"certificate": f"{tmp_path}/host.pem", "key": f"{tmp_path}/host.key", "chain": f"{tmp_path}/chain.pem"}
    certificates = [
        {
            "name": "authority",
            "common_name": "hosts",
            "ca": {"path_length": 0},
            "validity": "3650d",
            "sinks": [kept],
            "return_trusted": True,
        },
        {"name": "host", "dns": ["a.example"], "issuer": kept, "sinks": [{"files": files}]},
    ]
    tasks = [
        {
            "pingpong.platform.certificate": {"cloud": settings(cloud), "certificates": [entry]},
            "register": entry["name"],
        }
        for entry in certificates
    ]
    chain = f"lookup('ansible.builtin.file', '{tmp_path}/chain.pem', rstrip=false)"
    tasks.append({"ansible.builtin.assert": {"that": f"authority.certificates[0].trusted == {chain}"}})
    assert play(tmp_path, tasks[:1], "--check").returncode == 0
    assert states(client, "hosts-authority") == []
    done = play(tmp_path, tasks, "-vvv", "--diff")
    assert done.returncode == 0, done.stdout
    data = SecretVersions("", client, PROJECT, "hosts-authority").read() or b""
    secrets = [line for line in data.decode().split("PRIVATE KEY-----")[1].splitlines() if line and "-----" not in line]
    assert secrets
    assert [secret for secret in [*secrets, cloud.token] if secret in done.stdout + done.stderr] == []
    again = play(tmp_path, tasks)
    assert "changed=0" in again.stdout, again.stdout
    assert states(client, "hosts-authority") == ["ENABLED"]
