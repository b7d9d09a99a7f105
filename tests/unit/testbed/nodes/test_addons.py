"""Changes to the metrics server's own manifests."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.nodes.addons import defaults


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": list(containers)}}}}


def test_the_image_built_here_is_used_and_the_kubelets_certificate_not_checked() -> None:
    changed = defaults.with_image(deployment({"image": "published", "args": ["--secure-port=10250"]}), "local:1")
    (container,) = changed["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "local:1"
    assert container["args"] == ["--secure-port=10250", "--kubelet-insecure-tls"]


def test_another_object_stays_as_it_is() -> None:
    assert defaults.with_image({"kind": "Service", "spec": {}}, "local:1") == {"kind": "Service", "spec": {}}


def test_a_second_container_is_noticed() -> None:
    with pytest.raises(ValueError, match="too many values"):
        defaults.with_image(deployment({"image": "a", "args": []}, {"image": "b", "args": []}), "local:1")
