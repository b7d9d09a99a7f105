from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.kinds import (
    BUILT_IN,
    plural_of,
    query_string,
)


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Service", "/api/v1/namespaces/a%20b/services/n"),
        ("v1", "Endpoints", "/api/v1/namespaces/a%20b/endpoints/n"),
        ("v1", "Namespace", "/api/v1/namespaces/n"),
        ("networking.k8s.io/v1", "Ingress", "/apis/networking.k8s.io/v1/namespaces/a%20b/ingresses/n"),
        ("networking.k8s.io/v1", "NetworkPolicy", "/apis/networking.k8s.io/v1/namespaces/a%20b/networkpolicies/n"),
        ("storage.k8s.io/v1", "StorageClass", "/apis/storage.k8s.io/v1/storageclasses/n"),
        ("coordination.k8s.io/v1", "Lease", "/apis/coordination.k8s.io/v1/namespaces/a%20b/leases/n"),
    ],
)
def test_paths(api_version: str, kind: str, path: str) -> None:
    assert BUILT_IN[api_version, kind].path("a b", "n") == path


@pytest.mark.parametrize(
    ("kind", "plural"), [("Gateway", "gateways"), ("Proxy", "proxies"), ("Mesh", "meshes"), ("Class", "classes")]
)
def test_plurals(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


def test_only_set_options_are_sent() -> None:
    assert query_string({"a": None, "b": False, "c": "", "d": 0, "e": True, "f": "x=y,z"}) == "?d=0&e=true&f=x%3Dy%2Cz"
    assert query_string({"a": None}) == ""
