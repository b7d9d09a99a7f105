"""What a pod is answered by its node's metadata server: who it is by its address, and nothing that it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from testbed.nodes.metadata.server import Identities, Refused, answer

ROOT = "/computeMetadata/v1/"
DEFAULT = f"{ROOT}instance/service-accounts/default"
POOL = "p.svc.id.goog"


def pod(name: str, address: str, *, host: bool = False, phase: str = "Running") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "cert-manager", "uid": f"uid-{name}"},
        "spec": {"serviceAccountName": name, "hostNetwork": host},
        "status": {"podIP": address, "phase": phase},
    }


PODS = [
    pod("ended", "10.0.0.1", phase="Succeeded"), pod("cert-manager", "10.0.0.1"), pod("agent", "10.9.9.9", host=True),
]  # fmt: skip


@dataclass(frozen=True)
class Known(Identities):
    """An API server and a token service that are a list."""

    asked: list[Any] = field(default_factory=list)

    def _kubernetes(self, verb: str, path: str, body: Any = None) -> Any:
        self.asked.append((verb, path, body))
        if verb == "POST":
            return {"status": {"token": "own"}}
        return {"items": [item for item in PODS if f"podIP%3D{item['status']['podIP']}" in path]}


@pytest.fixture
def known() -> Known:
    here = Path("/nowhere")
    return Known("https://api", here, here, "https://sts", here, POOL, "https://cluster", "123", node="n")


def headers(**changes: str) -> Message:
    found = Message()
    for name, value in {"Metadata-Flavor": "Google", **changes}.items():
        found[name.replace("_", "-")] = value
    return found


@pytest.mark.parametrize(("path", "said"), [
    ("/", "computeMetadata/\n"),
    (f"{ROOT}project/project-id", "p"),
    (f"{ROOT}project/numeric-project-id", "123"),
    (f"{DEFAULT}/email", POOL),
    (f"{ROOT}instance/service-accounts/{POOL}/email", POOL),
    (f"{DEFAULT}/?recursive=true",
     {"aliases": ["default"], "email": POOL, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}),
])  # fmt: skip
def test_what_it_answers(known: Known, path: str, said: object) -> None:
    assert answer(known, "10.0.0.1", "GET", path, headers()) == said


@pytest.mark.parametrize(
    ("address", "verb", "path", "sent", "status"),
    [
        ("10.0.0.1", "GET", f"{DEFAULT}/token", Message(), 403),
        ("10.0.0.1", "GET", f"{DEFAULT}/token", headers(X_Forwarded_For="10.0.0.2"), 403),
        ("10.0.0.1", "POST", f"{DEFAULT}/token", headers(), 405),
        ("10.0.0.1", "GET", f"{ROOT}instance/service-accounts/other@p.iam.gserviceaccount.com/token", headers(), 404),
        ("10.0.0.1", "GET", f"{DEFAULT}/identity", headers(), 404),
        ("10.0.0.2", "GET", f"{DEFAULT}/token", headers(), 404),
        ("10.9.9.9", "GET", f"{DEFAULT}/token", headers(), 404),
    ],
    ids=["no header", "a proxy", "no reading", "another account", "no such field", "no pod", "the node's address"],
)
def test_what_it_refuses(known: Known, address: str, verb: str, path: str, sent: Message, status: int) -> None:
    with pytest.raises(Refused) as caught:
        answer(known, address, verb, path, sent)
    assert caught.value.status == status


def test_a_token_is_asked_for_the_pods_own_account_and_bound_to_the_pod(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanged = []

    def exchange(request: Any, _authority: Path) -> dict[str, Any]:
        exchanged.append(request.data.decode())
        return {"access_token": "granted", "expires_in": 9, "token_type": "Bearer", "issued_token_type": "x"}

    monkeypatch.setattr("testbed.nodes.metadata.server._answer", exchange)
    assert answer(known, "10.0.0.1", "GET", f"{DEFAULT}/token?scopes=a", headers()) == {
        "access_token": "granted", "expires_in": 9, "token_type": "Bearer",
    }  # fmt: skip
    (verb, path, body) = known.asked[-1]
    assert (verb, path) == ("POST", "/api/v1/namespaces/cert-manager/serviceaccounts/cert-manager/token")
    assert body["spec"]["audiences"] == [POOL]
    assert body["spec"]["boundObjectRef"]["uid"] == "uid-cert-manager"
    assert "subject_token=own" in exchanged[0]
