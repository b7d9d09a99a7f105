"""The local cloud as the clusters' nodes reach it: at one more address, with a certificate for it."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.support.pods import POOL, PROVIDER, make_cluster

GATEWAY = "127.0.0.2"


def reached(cloud: RunningCloud, host: str) -> int:
    connection = http.client.HTTPSConnection(host, cloud.port, context=cloud.context, timeout=5)
    connection.request("GET", "/_testbed/status", headers={"Authorization": f"Bearer {cloud.token}"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_it_answers_there_and_at_home_and_nowhere_else(tmp_path: Path) -> None:
    with running_cloud(tmp_path, MemoryBackend(inward=GATEWAY)) as cloud:
        assert [reached(cloud, host) for host in ("127.0.0.1", GATEWAY)] == [200, 200]
        with pytest.raises(ConnectionRefusedError):
            reached(cloud, "127.0.0.3")


def test_a_gateway_that_is_not_there_yet_does_not_matter(tmp_path: Path) -> None:
    with running_cloud(tmp_path, MemoryBackend(inward="203.0.113.1")) as cloud:
        assert reached(cloud, "127.0.0.1") == 200


def test_a_certificate_of_before_is_replaced_once(tmp_path: Path) -> None:
    authorities = []
    for inward in ("", GATEWAY, GATEWAY, ""):
        with running_cloud(tmp_path, MemoryBackend(inward=inward)) as cloud:
            authorities.append(cloud.ca_file.read_bytes())
            if inward:
                assert reached(cloud, inward) == 200
    assert [authorities[0] != authorities[1], authorities[1] == authorities[2] == authorities[3]] == [True, True]


def test_its_name_is_checked(tmp_path: Path) -> None:
    with running_cloud(tmp_path, MemoryBackend()) as cloud, pytest.raises((ssl.SSLError, ConnectionRefusedError)):
        reached(cloud, GATEWAY)


def test_a_cluster_is_told_its_network(tmp_path: Path) -> None:
    backend = MemoryBackend(delay=0.01)
    with running_cloud(tmp_path, backend) as cloud:
        make_cluster(cloud)
    assert backend.requests["primary"].network == f"projects/{PROJECT}/global/networks/net"


@pytest.mark.parametrize(
    ("config", "rotation"),
    [
        ({"enabled": True, "rotationConfig": {"enabled": True, "rotationInterval": "300s"}}, "300s"),
        ({"enabled": True, "rotationConfig": {"enabled": True}}, "120s"),
        ({"enabled": True}, ""),
        ({"enabled": False}, None),
        (None, None),
    ],
)
def test_a_cluster_with_the_add_on_is_told_the_way(
    tmp_path: Path, config: dict[str, object] | None, rotation: str | None
) -> None:
    backend = MemoryBackend(delay=0.01, inward=GATEWAY)
    with running_cloud(tmp_path, backend) as cloud:
        make_cluster(cloud, secretManagerConfig=config)
        told = backend.requests["primary"].secret_manager
        if rotation is None:
            assert told == {}
        else:
            assert told == {
                "pool": POOL, "provider": f"{PROVIDER}primary", "rotation": rotation,
                "endpoint": f"https://{GATEWAY}:{cloud.port}/{{service}}", "authority": cloud.ca_file.read_text(),
            }  # fmt: skip
