# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pods that already run, as requests for a dry run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

# What the API server fills in, refuses in a new pod, or would find twice; none of it matters to Pod Security.
NOT_FOR_CREATION = ("nodeName", "ephemeralContainers", "priority", "preemptionPolicy", "topologySpreadConstraints")
ONLY_EPHEMERAL = "targetContainerName"


def as_new(pod: Mapping[str, Any]) -> dict[str, Any]:
    """A running pod as one that is about to be created, without sidecar injection.

    A new pod has no ephemeral containers, but Pod Security asks the same of them as of any other.
    """
    metadata = pod["metadata"]
    spec = {key: copy.deepcopy(value) for key, value in pod["spec"].items() if key not in NOT_FOR_CREATION}
    for container in pod["spec"].get("ephemeralContainers") or []:
        spec["containers"].append({key: value for key, value in container.items() if key != ONLY_EPHEMERAL})
    labels = {**(metadata.get("labels") or {}), "sidecar.istio.io/inject": "false"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{metadata['name'][:200]}-asked-again",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": dict(metadata.get("annotations") or {}),
        },
        "spec": spec,
    }


def with_ephemeral(pod: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch of a running pod's ``ephemeralcontainers`` that adds one to those it has."""
    return {"spec": {"ephemeralContainers": [*(pod["spec"].get("ephemeralContainers") or []), container]}}
