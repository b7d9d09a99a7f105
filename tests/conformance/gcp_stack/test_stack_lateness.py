"""A stack's life in a cloud that is late as Google is: it converges by itself, and says what it waited for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from testbed.cloud.testing import running_cloud
from tests.support.engine import LIFE, PAYLOADS, Engine

APIS = ("artifactregistry", "cloudresourcemanager", "compute", "container", "dns", "iam", "pubsub", "secretmanager")
ENABLED: dict[str, Any] = {"kind": "services", "name": "apis", "serviceIds": [f"{api}.googleapis.com" for api in APIS]}


def with_apis(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stack with every API that it needs."""
    return [ENABLED if item["kind"] == "services" else item for item in resources]


@pytest.mark.timeout(600)
def test_a_life_in_a_late_cloud(tmp_path: Path) -> None:
    """An API 3 seconds after it was enabled, an account and its policies too, and a cluster that settles for 12."""
    with running_cloud(tmp_path, settings={"lateness": 0.05}) as cloud:
        engine = Engine(cloud)
        waits: list[str] = []
        for phase, options in LIFE.items():
            done = engine(payloads=PAYLOADS, timeout=120.0, **{**options, "resources": with_apis(options["resources"])})
            assert done["warnings"] == [], phase
            waits += done["waits"]
        assert engine.stored() == []
        said = {wait.partition(" s for ")[2] for wait in waits}
        assert said >= {"the API, which is enabled, to be served", "the service account to be known"}, waits


def test_an_api_that_is_not_enabled_is_named_at_once(tmp_path: Path) -> None:
    with (
        running_cloud(tmp_path, settings={"lateness": 0.05}) as cloud,
        pytest.raises(PlatformError, match=r"enable it with kind services, serviceIds: \[compute.googleapis.com\]"),
    ):
        Engine(cloud)([{"kind": "network", "name": "net", "autoCreateSubnetworks": False}])
