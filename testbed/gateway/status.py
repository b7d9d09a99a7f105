"""What GKE writes back: conditions, annotations and events of Gateways, routes and policies. Pure.

Taken from captured objects: condition types and reasons of a Gateway that works and of one that does not (Gateway
stays Accepted while Programmed is False/Invalid and networking.gke.io/GatewayHealthy is False/Error).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from testbed.gateway.model import LoadBalancer, Object, TranslationError
from testbed.gateway.translation.snapshot import parents
from testbed.gateway.translation.translate import Translation

CONTROLLER = "networking.gke.io/gateway"
FINALIZER = "gateway.finalizer.networking.gke.io"
# Who writes events: one cluster's controller, or a fleet's.
SOURCE, FLEET_SOURCE = "sc-gateway-controller", "mc-gateway-controller"
HEALTHY = "networking.gke.io/GatewayHealthy"
_SUPPORTED = [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}]
Condition = dict[str, Any]


def gateway(made: Translation, live: bool, now: str) -> Object:
    """The status of a Gateway; ``live`` says whether its load balancer serves already."""
    generation = made.gateway["metadata"].get("generation", 0)
    old = (made.gateway.get("status") or {}).get("conditions") or []
    error = made.error
    triples: list[tuple[str, bool, str, str]] = [
        ("Scheduled", True, "Scheduled", ""),
        ("Accepted", True, "Accepted", ""),
    ]
    if error is not None:
        message = f"Gateway: Invalid, {error}"
        triples += [
            ("Programmed", False, "Invalid", message),
            ("Ready", False, "NotReady", message),
            (HEALTHY, False, "Error", message),
        ]
    elif live:
        triples += [
            ("Programmed", True, "Programmed", ""),
            ("Ready", True, "Ready", ""),
            (HEALTHY, True, "Healthy", ""),
        ]
    else:
        waiting = "Waiting for controller"
        triples += [("Programmed", False, "Pending", waiting), ("Ready", False, "NotReady", waiting)]
    status: Object = {
        "conditions": conditions(triples, old, generation, now),
        "listeners": [_listener(listener, made, live, now) for listener in made.gateway["spec"]["listeners"]],
    }
    if made.balancer is not None and live:
        status["addresses"] = [{"type": "IPAddress", "value": made.balancer.address}]
    return status


def _listener(listener: Object, made: Translation, live: bool, now: str) -> Object:
    found = (made.gateway.get("status") or {}).get("listeners") or []
    old = next((item.get("conditions") or [] for item in found if item["name"] == listener["name"]), [])
    error = made.error
    if error is None:
        triples = [
            ("ResolvedRefs", True, "ResolvedRefs", ""),
            ("Accepted", True, "Accepted", ""),
            ("Programmed", live, "Programmed" if live else "Pending", ""),
            ("Ready", live, "Ready" if live else "Pending", ""),
        ]
    else:
        unsupported = error.reason == "UnsupportedAddress"
        triples = [("Programmed", False, "Invalid", str(error)), ("Ready", False, "NotReady", str(error))]
        if unsupported:
            triples += [("Detached", True, error.reason, str(error)), ("Accepted", False, error.reason, str(error))]
        else:
            resolved = error.reason not in ("InvalidCertificateRef", "RefNotPermitted")
            triples += [
                (
                    "ResolvedRefs",
                    resolved,
                    "ResolvedRefs" if resolved else error.reason,
                    "" if resolved else str(error),
                ),
                ("Accepted", True, "Accepted", ""),
            ]
    return {
        "name": listener["name"],
        "supportedKinds": _SUPPORTED,
        "attachedRoutes": made.attached.get(listener["name"], 0),
        "conditions": conditions(triples, old, made.gateway["metadata"].get("generation", 0), now),
    }


def route(obj: Object, translations: Iterable[Translation], others: Iterable[Object], now: str) -> Object:
    """The status of an HTTPRoute: one entry for each reference to a Gateway of ours, others' entries kept.

    ``others`` are the Gateways of GKE's other controller, whose entries have the same name.
    """
    name = (obj["metadata"]["namespace"], obj["metadata"]["name"])
    old = (obj.get("status") or {}).get("parents") or []
    theirs = [ref for gateway in others for ref in parents(obj, gateway)]
    made = [entry for entry in old if entry.get("controllerName") != CONTROLLER or entry.get("parentRef") in theirs]
    for translation in translations:
        if name not in translation.routes:
            continue
        triples = _route_triples(translation.routes[name], translation.error)
        for ref in parents(obj, translation.gateway):
            before: Object = next((entry for entry in old if entry.get("parentRef") == ref), {})
            made.append({
                "parentRef": ref,
                "controllerName": CONTROLLER,
                "conditions": conditions(
                    triples, before.get("conditions") or [], obj["metadata"].get("generation", 0), now
                ),
            })  # fmt: skip
    return {"parents": made}


def _route_triples(
    error: TranslationError | None, whole: TranslationError | None
) -> list[tuple[str, bool, str, str]]:  # fmt: skip
    """Accepted is about the route itself, ResolvedRefs about what it names, Reconciled about its Gateway."""
    resolved = error is None or error.reason not in ("BackendNotFound", "RefNotPermitted")
    accepted = error is None or not resolved
    reason, text = (error.reason, str(error)) if error else ("", "")
    return [
        ("Accepted", accepted, "Accepted" if accepted else reason, "" if accepted else text),
        ("ResolvedRefs", resolved, "ResolvedRefs" if resolved else reason, "" if resolved else text),
        ("Reconciled", False, "ReconciliationFailed", str(whole))
        if whole
        else ("Reconciled", True, "ReconciliationSucceeded", ""),
    ]


def policy(obj: Object, attached: bool, message: str, now: str) -> Object:
    """The status of a policy of Google's: Attached, or what another one took."""
    old = (obj.get("status") or {}).get("conditions") or []
    reason = "Attached" if attached else "Conflicted"
    triple = [("Attached", attached, reason, message)]
    return {"conditions": conditions(triple, old, obj["metadata"].get("generation", 0), now)}


def written(balancer: LoadBalancer, resources: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The annotations on a Gateway: the paths of what was made for it in the project, by kind."""
    return {f"networking.gke.io/{kind}": ", ".join(sorted(paths)) for kind, paths in sorted(resources.items())}


def event(source: str, obj: Object, kind: str, reason: str, message: str, now: str) -> Object:
    """An event about an object, as the controller writes it; ``kind`` is Normal or Warning."""
    metadata = obj["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "namespace": metadata["namespace"],
            "name": metadata["name"], "uid": metadata.get("uid"),
        },
        "type": kind, "reason": reason, "message": message, "count": 1,
        "firstTimestamp": now, "lastTimestamp": now,
        "source": {"component": source}, "reportingComponent": source, "reportingInstance": "",
    }  # fmt: skip


def conditions(
    triples: Iterable[tuple[str, bool, str, str]], old: Iterable[Condition], generation: int, now: str
) -> list[Condition]:
    """Conditions from (type, status, reason, message); the time of one whose status stays is kept."""
    before = {entry["type"]: entry for entry in old}
    made = []
    for name, holds, reason, message in triples:
        status = "True" if holds else "False"
        known = before.get(name) or {}
        since = known.get("lastTransitionTime") if known.get("status") == status else None
        made.append({
            "type": name, "status": status, "reason": reason, "message": message,
            "observedGeneration": generation, "lastTransitionTime": since or now,
        })  # fmt: skip
    return made
