"""Workload Identity Federation for GKE: which tokens of which cluster become whom, and what IAM lets them read.

https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.support.cloud import CONTAINER, make
from tests.support.pods import (
    FEDERATION,
    POOL,
    PROVIDER,
    SECRETS,
    Signer,
    encoded,
    make_cluster,
    make_secret,
    principal,
)

AUDIENCE = f"identitynamespace:{POOL}:{PROVIDER}"
READER = principal("app", "reader")
ACCESS = f"{SECRETS}/probe/versions/latest:access"
ACCESSOR = "roles/secretmanager.secretAccessor"
PAYLOAD = b"only for the reader"


@dataclass
class Site:
    """A cloud with two clusters, another without identities for pods, and a secret."""

    cloud: RunningCloud
    signers: dict[str, Signer]

    def exchange(self, token: str, cluster: str = "primary", **changes: str) -> tuple[int, Any]:
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": AUDIENCE + cluster,
            "scope": "https://www.googleapis.com/auth/cloud-platform",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "subject_token": token,
            **changes,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.cloud.request("POST", "/sts/v1/token", urlencode(form).encode(), headers=kind)

    def granted(self, account: str = "reader", namespace: str = "app", cluster: str = "primary") -> str:
        status, answer = self.exchange(self.signers[cluster].token(namespace, account), cluster)
        assert status == 200, answer
        return str(answer["access_token"])

    def read(self, token: str, path: str = ACCESS, verb: str = "GET") -> tuple[int, Any]:
        return self.cloud.request(verb, path, token=token)

    def bind(self, *members: str, role: str = ACCESSOR, condition: dict[str, str] | None = None) -> None:
        binding = {"role": role, "members": list(members), **({"condition": condition} if condition else {})}
        policy = {"version": 3, "bindings": [binding] if members else []}
        make(self.cloud, f"{SECRETS}/probe:setIamPolicy", {"policy": policy})


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    signers = {name: Signer() for name in ("primary", "secondary", "plain")}
    backend = MemoryBackend(delay=0.01, issuers={name: signer.issuer for name, signer in signers.items()})
    with running_cloud(tmp_path_factory.mktemp("cloud"), backend) as cloud:
        for number, name in enumerate(signers):
            make_cluster(cloud, name, number, **({"workloadIdentityConfig": None} if name == "plain" else {}))
        make_secret(cloud, "probe", PAYLOAD)
        yield Site(cloud, signers)


@pytest.fixture
def site(standing: Site) -> Site:
    """Nobody is let in."""
    standing.bind()
    return standing


def test_a_bound_service_account_reads_and_another_one_is_refused(site: Site) -> None:
    site.bind(READER)
    status, answer = site.read(site.granted())
    assert (status, base64.b64decode(answer["payload"]["data"])) == (200, PAYLOAD)
    for account, namespace in (("other", "app"), ("reader", "elsewhere")):
        status, answer = site.read(site.granted(account, namespace))
        assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED")
        assert "'secretmanager.versions.access' denied" in answer["error"]["message"]


def test_without_a_binding_nobody_reads_and_what_does_not_exist_looks_the_same(site: Site) -> None:
    token = site.granted()
    assert [site.read(token, path)[0] for path in (ACCESS, ACCESS.replace("probe", "nothing"))] == [403, 403]


def test_the_binding_is_looked_at_each_time(site: Site) -> None:
    token = site.granted()
    site.bind(READER)
    assert site.read(token)[0] == 200
    site.bind()
    assert site.read(token)[0] == 403


@pytest.mark.parametrize(
    "member",
    [
        f"principalSet:{FEDERATION}/namespace/app",
        f"principalSet:{FEDERATION}/kubernetes.cluster/{PROVIDER}primary",
        f"serviceAccount:{POOL}[app/reader]",
    ],
)
def test_every_way_to_name_it_counts(site: Site, member: str) -> None:
    site.bind(member)
    assert site.read(site.granted())[0] == 200


@pytest.mark.parametrize(
    "member",
    [
        READER.replace("principal:", "principalSet:"),
        READER.replace(project_number(PROJECT), "1"),
        READER.replace(f"{PROJECT}.svc", "others.svc"),
        READER.replace("sa/reader", "sa/reader2"),
        f"principalSet:{FEDERATION}/namespace/elsewhere",
        f"principalSet:{FEDERATION}/kubernetes.cluster/{PROVIDER}secondary",
        "allAuthenticatedUsers",
    ],
)
def test_nearly_the_right_member_does_not_count(site: Site, member: str) -> None:
    site.bind(member)
    assert site.read(site.granted())[0] == 403


def test_a_role_that_does_not_read_and_a_condition_grant_nothing(site: Site) -> None:
    site.bind(READER, role="roles/secretmanager.viewer")
    assert site.read(site.granted())[0] == 403
    site.bind(READER, condition={"title": "later", "expression": "request.time < timestamp('2000-01-01T00:00:00Z')"})
    assert site.read(site.granted())[0] == 403


def test_a_role_in_the_project_counts(site: Site) -> None:
    path = f"/cloudresourcemanager/v1/projects/{PROJECT}"
    before = make(site.cloud, f"{path}:getIamPolicy", {})
    policy = {**before, "bindings": [*before["bindings"], {"role": ACCESSOR, "members": [READER]}]}
    after = make(site.cloud, f"{path}:setIamPolicy", {"policy": policy})
    assert site.read(site.granted())[0] == 200
    make(site.cloud, f"{path}:setIamPolicy", {"policy": {**before, "etag": after["etag"]}})
    assert site.read(site.granted())[0] == 403


def test_a_workload_may_do_nothing_else(site: Site) -> None:
    site.bind(READER)
    token = site.granted()
    others = [
        ("GET", SECRETS),
        ("GET", f"{SECRETS}/probe"),
        ("DELETE", f"{SECRETS}/probe"),
        ("GET", f"{CONTAINER}/clusters"),
        ("GET", "/_testbed/requests"),
        ("DELETE", "/_testbed/resources"),
    ]
    assert [(verb, path, site.read(token, path, verb)[0]) for verb, path in others] == [(*way, 403) for way in others]


def test_a_token_ends_with_the_one_it_was_exchanged_for(site: Site) -> None:
    site.bind(READER)
    begins = time.time() - 10
    status, answer = site.exchange(site.signers["primary"].token("app", "reader", iat=begins, exp=time.time() + 2))
    assert (status, answer["expires_in"] <= 2) == (200, True)
    assert site.read(answer["access_token"])[0] == 200
    time.sleep(2.1)
    assert site.read(answer["access_token"])[0] == 401


def forged(signer: Signer) -> str:
    """Another subject under a true signature."""
    header, _claims, signature = signer.token("app", "other").split(".")
    claims = signer.token("app", "reader").split(".")[1]
    return f"{header}.{claims}.{signature}"


def unsigned(signer: Signer) -> str:
    header = encoded(json.dumps({"alg": "none", "kid": signer.kid}).encode())
    return f"{header}.{signer.token('app', 'reader').split('.')[1]}."


def signed_with_its_public_key(signer: Signer) -> str:
    return signer.token("app", "reader", header={"alg": "HS256"})


REFUSED: list[tuple[str, Callable[[Signer], str], str]] = [
    ("for another audience", lambda s: s.token("app", "reader", aud=["https://kubernetes.default.svc"]), "audience"),
    ("for the pool of another project", lambda s: s.token("app", "reader", aud=["other.svc.id.goog"]), "audience"),
    ("for nobody", lambda s: s.token("app", "reader", aud=None), "audience"),
    ("a part of the audience", lambda s: s.token("app", "reader", aud=f"{POOL}.example"), "audience"),
    ("expired", lambda s: s.token("app", "reader", exp=int(time.time()) - 1), "stale"),
    ("without an end", lambda s: s.token("app", "reader", exp=None), "stale"),
    ("not valid yet", lambda s: s.token("app", "reader", nbf=int(time.time()) + 60), "stale"),
    ("of another issuer", lambda s: s.token("app", "reader", iss="https://else.example"), "issuer"),
    ("of a person", lambda s: s.token("app", "reader", sub="tester"), "subject"),
    ("with another key's name", lambda s: s.token("app", "reader", header={"kid": "other"}), "did not sign"),
    ("with claims of another one", forged, "did not sign"),
    ("without a signature", unsigned, "RS256"),
    ("of another algorithm", signed_with_its_public_key, "RS256"),
    ("not a token", lambda _signer: "not a token", "did not sign"),
    ("of another cluster", lambda _signer: Signer().token("app", "reader"), "did not sign"),
]


@pytest.mark.parametrize(("make_token", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_token_is_refused(site: Site, make_token: Callable[[Signer], str], says: str) -> None:
    status, answer = site.exchange(make_token(site.signers["primary"]))
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert says in answer["error_description"]


def test_a_cluster_is_asked_about_its_own_tokens_only(site: Site) -> None:
    token = site.signers["primary"].token("app", "reader")
    assert site.exchange(token, "secondary")[0] == 400
    plain = site.signers["plain"].token("app", "reader")
    for foreign, cluster in ((plain, "plain"), (token, "nothing")):
        assert "not one of the pool" in site.exchange(foreign, cluster)[1]["error_description"]
    bare, below, other = f"identitynamespace:{POOL}", f"{AUDIENCE}primary/x", AUDIENCE.replace(PROJECT, "other", 1)
    for audience in (bare, below, f"{other}primary"):
        assert site.exchange(token, audience=audience)[0] == 400
    assert site.exchange(token, subject_token_type="urn:ietf:params:oauth:token-type:id_token")[0] == 400


def test_a_cluster_that_does_not_run_vouches_for_nobody(site: Site) -> None:
    token, issuer = site.signers["primary"].token("app", "reader"), site.cloud.local.cloud.issuer
    site.cloud.local.cloud.issuer = lambda _cluster: None
    try:
        assert "does not run" in site.exchange(token)[1]["error_description"]
    finally:
        site.cloud.local.cloud.issuer = issuer
