"""What tests take away from the running platform for a while, and give back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

FORGOTTEN = 8.0  # seconds until an API server judges no more by a binding that is gone


@contextlib.contextmanager
def deleted(
    client: ClusterClient, api_version: str, kind: str, name: str, namespace: str | None = None
) -> Iterator[None]:
    """Without an object for the length of the block."""
    found = client.get(api_version, kind, name, namespace)
    assert found is not None
    kept = {key: found["metadata"][key] for key in ("name", "namespace", "labels", "annotations")
            if key in found["metadata"]}  # fmt: skip
    client.delete(api_version, kind, name, namespace)
    try:
        yield
    finally:
        client.apply({"apiVersion": api_version, "kind": kind, "metadata": kept, "spec": found["spec"]}, force=True)


@contextlib.contextmanager
def rule_unbound(client: ClusterClient, rule: str) -> Iterator[None]:
    """Without the binding an admission rule judges nothing, seconds later."""
    with deleted(client, "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", f"pingpong-{rule}"):
        time.sleep(FORGOTTEN)
        yield
