"""Which annotations keep an object from being deleted."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.retention import keep_reason


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("pingpong.platform/prune", "keep", True),
        ("helm.sh/resource-policy", "keep", True),
        ("helm.sh/resource-policy", " Keep ", True),
        ("helm.sh/resource-policy", "delete", False),
        ("kustomize.toolkit.fluxcd.io/prune", "disabled", True),
        ("kustomize.toolkit.fluxcd.io/prune", "enabled", False),
        ("argocd.argoproj.io/sync-options", "Prune=false", True),
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true, Delete=false", True),
        ("argocd.argoproj.io/sync-options", "Prune=confirm", False),
        ("kapp.k14s.io/delete-strategy", "orphan", True),
        ("client.lifecycle.config.k8s.io/deletion", "detach", True),
        ("cli-utils.sigs.k8s.io/on-remove", "keep", True),
        ("example.org/keep", "keep", False),
    ],
)
def test_an_annotation_that_keeps_an_object(name: str, value: str, kept: bool) -> None:
    reason = keep_reason({"metadata": {"annotations": {name: value}}})
    assert reason == (f"annotated {name}={value.split(',')[-1].strip()}" if kept else "")


def test_no_annotations() -> None:
    assert keep_reason({"metadata": {}}) == keep_reason({"metadata": {"annotations": None}}) == ""
