"""What a kubelet says of an image that it can't pull, and what that calls for."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.pods import terminal_containers
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.pulls import cure

IMAGE = "us-east1-docker.pkg.dev/my-project-1/docker-io/prom/prometheus:v3.5.2"
REPOSITORY = "projects/my-project-1/locations/us-east1/repositories/docker-io"
FAILED = f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}":'
READER = f"; expected the nodes' service account to have roles/artifactregistry.reader on {REPOSITORY}"
EXISTS = f"; expected {REPOSITORY} to exist and to have it, or the upstream of a remote repository"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"{FAILED} unexpected status from HEAD request to https://198.51.100.1/v2: 403 Forbidden", READER),
        (f"{FAILED} failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden", READER),
        (f"{FAILED} {IMAGE}: not found", EXISTS),
        (f"{FAILED} dial tcp: i/o timeout", ""),
        (f'Back-off pulling image "{IMAGE}"', ""),
        ('failed to resolve reference "docker.io/prom/prometheus:v3.5.2": 403 Forbidden', ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_right_that_is_missing_is_named(message: str, expected: str) -> None:
    assert cure(message) == expected


def test_a_run_that_waits_for_the_pod_says_it() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": f"{FAILED} 403 Forbidden"}
    status = {"containerStatuses": [{"name": "prometheus", "state": {"waiting": waiting}}]}
    (found,) = terminal_containers([{"metadata": {"name": "prometheus-0"}, "status": status}])
    assert str(found).startswith("pod prometheus-0, container prometheus: ImagePullBackOff: failed to pull")
    assert IMAGE in str(found)
    assert str(found).endswith(READER)
