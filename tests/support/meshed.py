"""A small workload of the mesh, and ``mtls_check`` as tests and benchmarks ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import restricted_pod

Object = dict[str, Any]


def make_namespace(client: ClusterClient, name: str, *, meshed: bool) -> None:
    """A namespace at Pod Security's ``restricted``; pods of a ``meshed`` one get a sidecar."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    if meshed:
        labels["istio-injection"] = "enabled"
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def authorization(namespace: str, rules: Sequence[Object] = ({},)) -> Object:
    """An AuthorizationPolicy of a namespace's workloads: anybody of the mesh may call, unless there are other rules."""
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "callers", "namespace": namespace},
        "spec": {"action": "ALLOW", "rules": list(rules)},
    }


def workload(name: str, namespace: str, image: str, **changes: Any) -> list[Object]:
    """A ServiceAccount, a Service and a Deployment of one pod that runs ping.

    ``annotations`` and ``labels`` of the pod may differ; so may, of its container, the ``command`` and the ``ports``
    beside 8080. ``init`` are init containers, and ``container`` and ``pod`` are put into the specs as they are.
    """
    labels = {"app": name, **changes.get("labels", {})}
    spec = restricted_pod(name, namespace, image, labels)["spec"]
    del spec["restartPolicy"]
    spec["serviceAccountName"] = name
    container = spec["containers"][0]
    container |= {"name": "ping", "ports": [{"name": "http", "containerPort": 8080}]}
    container["imagePullPolicy"] = "IfNotPresent"
    container["ports"] += changes.get("ports", [])
    if "command" in changes:
        container["command"] = changes["command"]
    for first in changes.get("init", []):
        spec.setdefault("initContainers", []).append({**container, "ports": [], **first})
    container |= changes.get("container", {})
    spec |= changes.get("pod", {})
    template = {"metadata": {"labels": labels, "annotations": changes.get("annotations", {})}, "spec": spec}
    selector = {"matchLabels": {"app": name}}
    metadata = {"name": name, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": 1, "strategy": {"type": "Recreate"}, "selector": selector, "template": template},
        },
    ]


def mtls_check(connection: Object, cluster: str, image: str, namespaces: Sequence[str], **options: Any) -> Object:
    """The check's result for namespaces, without failing; ``options`` are those of the module, and win."""
    return run({
        "connection": connection, "cluster": cluster, "fail": False, "environment_name": "conformance",
        "probe_image": image, "probe_command": ["python3", "-m", "pingpong.probe"], "probe_timeout": 3.0,
        "namespaces": list(namespaces), "trust_domain": "pingpong.local", "mesh_namespace": "istio-system",
        "admit_probes": False, "whoami_path": "/whoami", "whoami_ports": [8080], "min_authority_days": 1.0,
        "callers": [], "declared_callers": [], "exceptions": [], **options,
    })  # fmt: skip
