# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Single values that Argo Rollouts writes inside atomic fields of our objects. Pure.

It moves the weights of a VirtualService's routes, and adds the hash of a version to the selector of a Service:
https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/. An atomic field has one owner for all
that is in it. So the controller's part is taken over from the live object before ours is compared, planned or sent;
what else differs there is a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, group_of

CONTROLLER = "rollouts-controller"
REVISION = "rollouts-pod-template-hash"
# The atomic field that is shared, by group and kind.
SHARED = {("networking.istio.io", "VirtualService"): "http", ("", "Service"): "selector"}


def shared_field(obj: Mapping[str, Any]) -> str | None:
    """The path of the field that the controller shares in an object of this kind."""
    name = _name(obj)
    return f"spec.{name}" if name else None


def _name(obj: Mapping[str, Any]) -> str | None:
    return SHARED.get((group_of(str(obj.get("apiVersion"))), str(obj["kind"])))


def with_shared_values(desired: Object, live: Object) -> Object:
    """``desired`` with the controller's values as ``live`` has them, whoever wrote them last.

    A weight is taken over where the declared destination has one, between destinations that both have; a hash where
    none is declared.
    """
    name = _name(desired)
    ours, theirs = desired.get("spec") or {}, live.get("spec") or {}
    if not name or name not in ours:
        return desired
    merge = _weighted if name == "http" else _selected
    return {**desired, "spec": {**ours, name: merge(ours[name], theirs.get(name))}}


def _selected(ours: dict[str, Any], theirs: Any) -> dict[str, Any]:
    revision = theirs.get(REVISION) if isinstance(theirs, dict) else None
    return ours if revision is None else {REVISION: revision, **ours}


def _weighted(ours: list[Any], theirs: Any) -> list[Any]:
    live = dict(_weights(theirs if isinstance(theirs, list) else []))
    return [
        {**http, "route": [_with_weight(http, route, live) for route in http["route"]]} if http.get("route") else http
        for http in ours
    ]


def _with_weight(http: Mapping[str, Any], route: dict[str, Any], live: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    weight = live.get(_place(http, route))
    return route if weight is None or "weight" not in route else {**route, "weight": weight}


def _weights(https: list[Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for http in https:
        for route in http.get("route") or []:
            # The API server leaves a weight of zero out of what it sends.
            yield _place(http, route), route.get("weight", 0)


def _place(http: Mapping[str, Any], route: Mapping[str, Any]) -> tuple[str, str]:
    return str(http.get("name")), str((route.get("destination") or {}).get("host"))
