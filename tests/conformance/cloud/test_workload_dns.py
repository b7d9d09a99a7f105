"""What IAM lets a pod do in Cloud DNS: in the zones that it was let in on, and as Google says so.

https://cloud.google.com/dns/docs/access-control
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import RunningCloud, running_cloud
from tests.support.cloud import DNS, make
from tests.support.pods import FEDERATION, POOL, PROVIDER, Signer, make_cluster

OWN, OTHER = f"{DNS}/managedZones/own", f"{DNS}/managedZones/other"
ANSWER = {"name": "_acme-challenge.own.example.", "type": "TXT", "ttl": 60, "rrdatas": ['"x"']}
MEMBER = f"serviceAccount:{POOL}[cert-manager/cert-manager]"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningCloud, str]]:
    """A cloud with two zones, and a pod's token."""
    signer = Signer()
    with running_cloud(
        tmp_path_factory.mktemp("cloud"), MemoryBackend(delay=0.01, issuers={"primary": signer.issuer})
    ) as cloud:
        make_cluster(cloud)
        for name in ("own", "other"):
            make(cloud, f"{DNS}/managedZones", {"name": name, "dnsName": f"{name}.example.", "description": ""})
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": f"identitynamespace:{POOL}:{PROVIDER}primary",
            "scope": "https://www.googleapis.com/auth/cloud-platform",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "subject_token": signer.token("cert-manager", "cert-manager"),
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer = cloud.request("POST", "/sts/v1/token", urlencode(form).encode(), headers=kind)
        assert status == 200, answer
        yield cloud, str(answer["access_token"])


def bind(cloud: RunningCloud, zone: str, *members: str, role: str = "roles/dns.admin") -> None:
    bindings = [{"role": role, "members": list(members)}] if members else []
    make(cloud, f"{zone}:setIamPolicy", {"policy": {"version": 3, "bindings": bindings}})


@pytest.fixture
def site(standing: tuple[RunningCloud, str]) -> tuple[RunningCloud, str]:
    """Nobody is let in."""
    for zone in (OWN, OTHER):
        bind(standing[0], zone)
    return standing


def answered(site: tuple[RunningCloud, str], zone: str = OWN) -> tuple[int, Any]:
    cloud, token = site
    return cloud.request("POST", f"{zone}/changes", {"additions": [ANSWER]}, token=token)


def test_nobody_is_let_in_without_a_binding_and_no_more_is_said(site: tuple[RunningCloud, str]) -> None:
    status, answer = answered(site)
    assert (status, answer["error"]["message"]) == (403, "Forbidden")
    assert answer["error"]["errors"][0]["reason"] == "forbidden"


def test_a_binding_on_a_zone_lets_in_there_alone(site: tuple[RunningCloud, str]) -> None:
    cloud, token = site
    bind(cloud, OWN, MEMBER)
    status, change = answered(site)
    assert status == 200, change
    assert cloud.request("GET", f"{OWN}/changes/{change['id']}", token=token)[0] == 200
    assert cloud.request("GET", f"{OWN}/rrsets?name={ANSWER['name']}&type=TXT", token=token)[0] == 200
    assert answered(site, OTHER)[0] == 403
    cloud.settle()
    assert cloud.request("POST", f"{OWN}/changes", {"deletions": [ANSWER]}, token=token)[0] == 200
    assert cloud.request("DELETE", OWN, token=token)[0] == 403, "the records are all that a pod gets at here"
    assert cloud.request("GET", f"{DNS}/managedZones", token=token)[0] == 403, "that is a right in the project"


@pytest.mark.parametrize(("member", "role"), [
    (MEMBER, "roles/dns.reader"),
    (MEMBER, "roles/secretmanager.secretAccessor"),
    (MEMBER.replace("cert-manager]", "other]"), "roles/dns.admin"),
    (f"principalSet:{FEDERATION}/namespace/elsewhere", "roles/dns.admin"),
])  # fmt: skip
def test_another_role_or_another_account_does_not(site: tuple[RunningCloud, str], member: str, role: str) -> None:
    bind(site[0], OWN, member, role=role)
    assert answered(site)[0] == 403
