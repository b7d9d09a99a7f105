"""Who signs a cluster's service account tokens, as its API server publishes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbed.host import HostError
from testbed.nodes import record
from testbed.nodes.clusters import Clusters
from testbed.nodes.kind.kubectl import Kubectl

PUBLISHED = {
    "--raw=/.well-known/openid-configuration": {"issuer": "https://kubernetes.default.svc.cluster.local", "x": 1},
    "--raw=/openid/v1/jwks": {"keys": [{"kid": "a", "kty": "RSA"}]},
}


@pytest.fixture
def clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clusters:
    monkeypatch.setenv("PINGPONG_STATE", str(tmp_path))
    return Clusters.__new__(Clusters)


def there(name: str) -> None:
    record.kubeconfig_path(name).parent.mkdir(parents=True)
    record.kubeconfig_path(name).touch()


def test_issuer_and_keys_are_the_clusters_own(clusters: Clusters, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(api: Kubectl, *arguments: str, **_options: Any) -> str:
        asked.append(api.kubeconfig)
        return json.dumps(PUBLISHED[arguments[1]])

    monkeypatch.setattr(Kubectl, "run", run)
    there("primary")
    issuer = "https://kubernetes.default.svc.cluster.local"
    assert clusters.token_issuer("primary") == (issuer, ({"kid": "a", "kty": "RSA"},))
    assert set(asked) == {record.kubeconfig_path("primary")}


def test_a_cluster_that_is_not_there_or_does_not_answer_has_none(
    clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_api: Kubectl, *_arguments: str, **_options: Any) -> str:
        raise HostError("connection refused")

    monkeypatch.setattr(Kubectl, "run", run)
    assert clusters.token_issuer("primary") is None
    there("primary")
    assert clusters.token_issuer("primary") is None
