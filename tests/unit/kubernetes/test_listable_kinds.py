"""Every kind is found, whoever else is away."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import Discovery
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

PODS = {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list", "delete"]}
SERVED: dict[str, dict[str, Any]] = {
    "/apis": {"groups": [{"preferredVersion": {"groupVersion": "custom.metrics.k8s.io/v1beta1"}}]},
    "/api/v1": {"resources": [PODS, {**PODS, "name": "pods/log"}, {**PODS, "name": "bindings", "verbs": ["create"]}]},
}


def away(status: int) -> Discovery:
    def fetch(path: str) -> dict[str, Any]:
        if path not in SERVED:
            raise ApiError("no", status=status, reason="ServiceUnavailable")
        return SERVED[path]

    return Discovery(fetch)


def test_an_aggregated_api_that_is_away_hides_nothing_of_the_others() -> None:
    assert [found.plural for found in away(503).listable_kinds()] == ["pods"]


def test_a_refusal_is_no_absence() -> None:
    with pytest.raises(ApiError):
        away(403).listable_kinds()
