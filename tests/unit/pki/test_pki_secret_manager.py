"""An authority in Secret Manager: kept as one PEM text, and by one of two runs that write at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import SecretManagerStore
from mesh_support import Mesh
from pki_support import FakeSecretManager, engine

CONFLICT = "version 1 of projects/p/secrets/root, which another run has added meanwhile"


def authority(**more: Any) -> dict[str, Any]:
    kept = [{"secret_manager": {"name": "root"}}]
    return {"name": "authority", "common_name": "authority", "ca": {}, "validity": "3650d", "sinks": kept, **more}


def leaf(folder: Path) -> dict[str, Any]:
    files = {"certificate": str(folder / "leaf.pem"), "key": str(folder / "leaf.key")}
    issuer = {"secret_manager": {"name": "root"}}
    return {"name": "leaf", "dns": ["a.example"], "issuer": issuer, "sinks": [{"files": files}]}


def test_the_authority_is_made_once_and_signs_from_there(tmp_path: Path) -> None:
    secrets = FakeSecretManager()
    first = engine(secrets=secrets).run([authority()])
    assert (first["changed"], first["certificates"][0]["reason"]) == (True, "created")
    assert engine(secrets=secrets).run([leaf(tmp_path)])["certificates"][0]["issuer"] == "CN=authority"
    again = engine(secrets=secrets).run([authority()]), engine(secrets=secrets).run([leaf(tmp_path)])
    assert [one["changed"] for one in again] == [False, False]
    assert len(secrets.payloads) == 1
    assert "PRIVATE KEY" not in str(first)


def test_the_certificate_that_clients_trust_is_returned_where_it_is_asked_for() -> None:
    secrets = FakeSecretManager()
    assert (
        "trusted"
        not in engine(secrets=secrets, check_mode=True).run([authority(return_trusted=True)])["certificates"][0]
    )
    for _turn in range(2):
        trusted = engine(secrets=secrets).run([authority(return_trusted=True)])["certificates"][0]["trusted"]
        assert secrets.payloads[0].startswith(trusted.encode())
    assert "trusted" not in engine(secrets=secrets).run([authority()])["certificates"][0]


def test_check_mode_adds_no_version() -> None:
    secrets = FakeSecretManager()
    result = engine(secrets=secrets, check_mode=True).run([authority()])
    assert result["changed"]
    assert secrets.payloads == []


@pytest.mark.parametrize("data", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_with_its_key_is_replaced_by_its_owner_and_refused_to_sign(
    tmp_path: Path, data: bytes
) -> None:
    secrets = FakeSecretManager()
    secrets.payloads.append(data)
    with pytest.raises(PlatformError, match="holds 0 private keys"):
        engine(secrets=secrets).run([leaf(tmp_path)])
    assert engine(secrets=secrets).run([authority()])["certificates"][0]["reason"] == "damaged"
    assert len(secrets.enabled) == 1


def test_an_authority_that_does_not_exist_signs_nothing(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="issuer: found no certificate with its key there"):
        engine(secrets=FakeSecretManager()).run([leaf(tmp_path)])


def test_a_secret_is_the_place_of_one_certificate() -> None:
    with pytest.raises(OptionError, match="projects/p/secrets/root twice"):
        engine(secrets=FakeSecretManager()).run([authority(), authority(name="other")])


def test_of_two_runs_that_make_an_authority_one_wins() -> None:
    """The other one has read when it writes: it fails, and what it made is out of use."""
    secrets = FakeSecretManager()
    secrets.meanwhile = lambda: engine(secrets=secrets).run([authority()])
    with pytest.raises(PlatformError, match=CONFLICT):
        engine(secrets=secrets).run([authority()])
    assert secrets.disabled == {2}
    assert not engine(secrets=secrets).run([authority()])["changed"]


def test_a_version_that_was_added_before_the_write_is_found() -> None:
    secrets = FakeSecretManager()
    early, late = secrets.versions(), secrets.versions()
    assert early.read() is late.read() is None
    early.write(b"early")
    with pytest.raises(PlatformError, match=CONFLICT):
        late.write(b"late")
    assert secrets.payloads == [b"early"]


def test_the_versions_before_are_disabled_and_never_read() -> None:
    secrets = FakeSecretManager()
    for data in (b"one", b"two"):
        versions = secrets.versions()
        versions.read()
        versions.write(data)
    secrets.payloads.append(b"three")
    secrets.disabled.add(3)
    assert (secrets.versions().read(), secrets.disabled) == (b"two", {1, 3})


@pytest.mark.parametrize("added_elsewhere", [False, True])
def test_an_answer_that_was_lost_is_looked_for(added_elsewhere: bool) -> None:
    secrets = FakeSecretManager()
    secrets.breaks = True
    if added_elsewhere:
        secrets.meanwhile = lambda: secrets.payloads.append(b"other")
    versions = secrets.versions()
    versions.read()
    if added_elsewhere:
        with pytest.raises(PlatformError, match=CONFLICT):
            versions.write(b"mine")
        assert secrets.enabled == [b"other"]
    else:
        versions.write(b"mine")
        assert secrets.enabled == [b"mine"]


def test_two_runs_of_a_mesh_make_one_root(tmp_path: Path) -> None:
    """The second run goes through between the first one's reading and its writing of the root."""
    secrets = FakeSecretManager()
    mesh = Mesh(tmp_path, SecretManagerStore(secrets.versions()))
    other = Mesh(tmp_path, SecretManagerStore(secrets.versions()))
    other.clusters = mesh.clusters
    secrets.meanwhile = other.run
    with pytest.raises(PlatformError, match=CONFLICT):
        mesh.run()
    assert len(secrets.enabled) == 1
    again = Mesh(tmp_path, SecretManagerStore(secrets.versions()))
    again.clusters = mesh.clusters
    assert not again.run()["changed"]
