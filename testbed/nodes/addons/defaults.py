"""What GKE has in a cluster from the start and kind has not: the metrics server."""

from __future__ import annotations

from typing import Any

import yaml

from testbed.host import run, state_root
from testbed.images import golang


def metrics_server(image: str) -> list[dict[str, Any]]:
    """The metrics server's own manifests with the image that was built here."""
    folder = golang.module_source(golang.BY_NAME["metrics-server"]) / "manifests" / "base"
    rendered = run([state_root() / "bin" / "kubectl", "kustomize", folder]).stdout
    return [with_image(document, image) for document in yaml.safe_load_all(rendered)]


def with_image(document: dict[str, Any], image: str) -> dict[str, Any]:
    """A Deployment with its only container's image replaced; any other object as it is."""
    if document["kind"] == "Deployment":
        (container,) = document["spec"]["template"]["spec"]["containers"]
        container["image"] = image
        # a kind kubelet signs its own serving certificate
        container["args"].append("--kubelet-insecure-tls")
        container["resources"] = {"requests": {"cpu": "10m", "memory": "32Mi"}}
    return document
