"""From what clusters export to what every cluster imports. Pure.

Sources: https://cloud.google.com/kubernetes-engine/docs/how-to/multi-cluster-services (a Service of one namespace and
name is the same in all clusters; conditions of exports), a captured ServiceImport (labels, type, status), Kubernetes'
KEP 1645.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from testbed.gateway.model import Object
from testbed.gateway.status import conditions
from testbed.gateway.translation.snapshot import Snapshot

MANAGER = "gke-mcs-controller.gke.io"
LABEL = "app.kubernetes.io/managed-by"
Name = tuple[str, str]
_PORT = ("name", "port", "protocol", "appProtocol")


def imports(members: Mapping[str, Snapshot], ready: Callable[[str], bool]) -> dict[Name, Object]:
    """The ServiceImports of a fleet by namespace and name, with their status.

    members: by their membership's name. ready: whether what was exported at this time is known everywhere by now.
    """
    found: dict[Name, list[tuple[str, Object]]] = {}
    for member, snapshot in members.items():
        for export in snapshot.all("ServiceExport"):
            metadata = export["metadata"]
            service = snapshot.get("Service", metadata["namespace"], metadata["name"])
            if service and not metadata.get("deletionTimestamp") and ready(metadata.get("creationTimestamp", "")):
                found.setdefault((metadata["namespace"], metadata["name"]), []).append((member, service))
    return {name: _import(name, exporting) for name, exporting in found.items()}


def _import(name: Name, exporting: list[tuple[str, Object]]) -> Object:
    ports = [{key: port[key] for key in _PORT if key in port} for port in exporting[0][1]["spec"].get("ports") or ()]
    return {
        "apiVersion": "net.gke.io/v1",
        "kind": "ServiceImport",
        "metadata": {"namespace": name[0], "name": name[1], "labels": {LABEL: MANAGER}},
        "spec": {"type": "ClusterSetIP", "sessionAffinity": "None", "ports": ports},
        "status": {"clusters": [{"cluster": member} for member, _service in exporting]},
    }


def wanted(found: Mapping[Name, Object], snapshot: Snapshot) -> dict[Name, Object]:
    """The imports of one cluster: those whose namespace it has."""
    spaces = {obj["metadata"]["name"] for obj in snapshot.all("Namespace")}
    return {name: obj for name, obj in found.items() if name[0] in spaces}


def stale(found: Mapping[Name, Object], snapshot: Snapshot) -> list[Object]:
    """A cluster's imports that nothing exports any more."""
    own = [obj for obj in snapshot.all("ServiceImport") if (obj["metadata"].get("labels") or {}).get(LABEL) == MANAGER]
    return [obj for obj in own if (obj["metadata"]["namespace"], obj["metadata"]["name"]) not in found]


def differs(desired: Object, snapshot: Snapshot) -> bool:
    """Whether an import is not in the cluster as it should be."""
    metadata = desired["metadata"]
    live = snapshot.get("ServiceImport", metadata["namespace"], metadata["name"])
    return live is None or any(live.get(part) != desired[part] for part in ("spec", "status"))


def export_status(export: Object, snapshot: Snapshot, exported: bool, now: str) -> Object:
    """What an export says of itself."""
    metadata = export["metadata"]
    there = snapshot.get("Service", metadata["namespace"], metadata["name"]) is not None
    missing = "" if there else f"Service {metadata['namespace']}/{metadata['name']} does not exist"
    triples = [
        ("Initialized", there, "ServiceExists" if there else "ServiceNotFound", missing),
        ("Exported", exported, "Exported" if exported else "Pending", ""),
    ]
    old = (export.get("status") or {}).get("conditions") or []
    return {"conditions": conditions(triples, old, metadata.get("generation", 0), now)}
