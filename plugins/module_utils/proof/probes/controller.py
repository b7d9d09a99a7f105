# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What controls the probe pods that imitate a workload, so that the workload's own controller leaves them alone.

A ReplicaSet, DaemonSet, StatefulSet or Job adopts every pod that its selector matches and that has no controller, and
then deletes what is too many. A pod with a controller it never touches. Ours is a Deployment that is paused, so that it
makes no ReplicaSet, and has no replicas: a PodDisruptionBudget, which adds up the scale of its pods' controllers and
stops allowing evictions where one has none, so counts as many as before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import (
    ANNOTATION,
    LIFETIME,
    PREFIX,
    restricted_pod,
)

API = ("apps/v1", "Deployment")
Object = dict[str, Any]


def controller(namespace: str, owner: Mapping[str, str], image: str) -> Object:
    """The Deployment for one run's probe pods in a namespace. ``owner`` are the labels of what is ours."""
    name = f"{PREFIX}controller-{secrets.token_hex(3)}"
    selector = {ANNOTATION: name}
    template = restricted_pod(name, namespace, image, {**owner, **selector})
    return {
        "apiVersion": API[0],
        "kind": API[1],
        "metadata": {
            "name": name, "namespace": namespace, "labels": dict(owner), "annotations": {ANNOTATION: "true"},
        },
        "spec": {
            "replicas": 0,
            "paused": True,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": template["metadata"]["labels"]},
                "spec": {**template["spec"], "restartPolicy": "Always"},
            },
        },
    }  # fmt: skip


def reference(live: Mapping[str, Any]) -> Object:
    """The owner reference by which a live object controls a pod; the pod goes when the object goes."""
    name, uid = live["metadata"]["name"], live["metadata"]["uid"]
    return {"apiVersion": live["apiVersion"], "kind": live["kind"], "name": name, "uid": uid, "controller": True}


def abandoned(deployments: Iterable[Mapping[str, Any]], now: datetime | None = None) -> list[str]:
    """The names of those that a killed run left behind: ours, and older than any of its pods lives."""
    oldest = (now or datetime.now(UTC)) - timedelta(seconds=LIFETIME)
    return [
        deployment["metadata"]["name"]
        for deployment in deployments
        if ANNOTATION in (deployment["metadata"].get("annotations") or {})
        and datetime.fromisoformat(deployment["metadata"]["creationTimestamp"]) < oldest
    ]
