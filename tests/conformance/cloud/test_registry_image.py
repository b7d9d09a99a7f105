"""``registry_image`` with a real skopeo, against registries that refuse what Artifact Registry refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.cloud.registry.access import node_token
from testbed.cloud.testing import PROJECT, RunningCloud
from testbed.debian import program
from testbed.rehearsal.environment import environment
from tests.support.plays import play
from tests.support.pods import make_cluster
from tests.support.registry import HOST, NODES, Registry, archive, basic, make_repository

PING = f"{HOST}/{PROJECT}/images/ping:1"


class Publisher:
    """Runs the task on a running cloud as a user would, with Google's names."""

    def __init__(self, cloud: RunningCloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        authority = folder / "authority.pem"
        authority.write_text(cloud.local.cloud.authority)
        self.google = environment(cloud.proxy, authority, folder / "none.json", {})
        self.token = folder / "token"
        self.token.write_text(cloud.token)

    def __call__(self, source: str, destination: str = PING, *arguments: str) -> str:
        task: dict[str, Any] = {
            "pingpong.platform.registry_image": {
                "cloud": {"project": PROJECT, "auth": {"kind": "access_token", "token_file": str(self.token)}},
                "skopeo": str(program("skopeo")),
                "images": [{"source": source, "destination": destination}],
            }
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.google.items():
                patch.setenv(name, value)
            done = play(self.folder, [task], "-v", *arguments)
        output = done.stdout + done.stderr
        assert self.cloud.token not in output
        return output


@pytest.fixture
def publish(cloud: RunningCloud, tmp_path: Path) -> Publisher:
    make_repository(cloud, dockerConfig={"immutableTags": True})
    return Publisher(cloud, tmp_path)


def live(cloud: RunningCloud) -> tuple[int, str | None]:
    found = Registry(cloud, basic(cloud.token)).manifest()
    return found.status, found.headers.get("docker-content-digest")


def test_an_image_keeps_its_digest_and_a_second_run_sends_nothing(
    cloud: RunningCloud, publish: Publisher, tmp_path: Path
) -> None:
    source, digest = archive(tmp_path / "ping.tar")
    planned = publish(source, PING, "--check", "--diff")
    assert "changed=1" in planned
    assert f"+{PING}@{digest}" in planned
    assert live(cloud)[0] == 404
    first = publish(source)
    assert "changed=1" in first
    assert digest in first
    assert live(cloud) == (200, digest)
    cloud.admin("DELETE", "requests")
    assert "changed=0" in publish(source)
    assert not [entry for entry in cloud.admin("GET", "requests")["requests"] if entry["kind"] == "mutate"]


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check mode"])
def test_a_tag_is_never_moved(
    cloud: RunningCloud, publish: Publisher, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    first, digest = archive(tmp_path / "first.tar")
    publish(first)
    second, other = archive(tmp_path / "second.tar", b"other")
    said = publish(second, PING, *arguments)
    assert f"{PING} is {digest} already, found {other}" in said
    assert live(cloud) == (200, digest)


def test_a_repository_that_is_missing_is_named(publish: Publisher, tmp_path: Path) -> None:
    source, _unused = archive(tmp_path / "ping.tar")
    said = publish(source, f"{HOST}/{PROJECT}/imgaes/ping:1")
    assert f"{HOST}/{PROJECT}/imgaes/ping:1" in said
    assert "expected the repository to be there, base.yml makes it" in " ".join(said.split())


def test_somebody_without_the_role_is_refused(cloud: RunningCloud, publish: Publisher, tmp_path: Path) -> None:
    make_cluster(cloud)
    publish.token.write_text(node_token(cloud.local.cloud, NODES))
    source, _unused = archive(tmp_path / "ping.tar")
    assert "expected roles/artifactregistry.writer on the repository" in " ".join(publish(source).split())
    assert live(cloud)[0] == 404


def test_an_archive_that_is_missing_is_named(publish: Publisher, tmp_path: Path) -> None:
    said = publish(f"oci-archive:{tmp_path}/none.tar")
    assert "none.tar: skopeo inspect failed" in said


def test_from_one_registry_to_another_by_digest(cloud: RunningCloud, publish: Publisher, tmp_path: Path) -> None:
    source, digest = archive(tmp_path / "ping.tar")
    publish(source)
    copied = publish(f"docker://{HOST}/{PROJECT}/images/ping@{digest}", f"{HOST}/{PROJECT}/images/copy:1")
    assert "changed=1" in copied
    assert digest in copied
