# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""See what a cluster holds: which kinds it serves, a LIST of each, and a dry-run PUT of each declared object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.shared_fields import (
    with_shared_values,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Object, key_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.kinds import GROUPS, KINDS, Decides
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.live import Live
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Declared

WORKERS = 8
# https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery, stable since 1.30
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


def observe(client: ClusterClient, declared: Declared) -> Live:
    """Everything of the kinds that decide, and of those that are declared; completed as declared."""
    versions = {(key.group, key.kind): str(body["apiVersion"]) for key, body in declared.bodies.items()}
    served = dict(served_kinds(client.request("GET", "/apis", accept=_DISCOVERY)))
    rules = (*KINDS, *_rules_of_groups(served))
    listed = {(rule.group, rule.kind): rule.field_selector for rule in rules}
    asked = [
        (versions.get(place) or served.get(place) or "v1", place[1], selector)
        for place, selector in {**dict.fromkeys(versions, None), **listed}.items()
    ]
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda one: client.list(one[0], one[1], field_selector=one[2]), asked)
        live = Live({key_of(obj): obj for objects in answers for obj in objects}, rules)
        pairs = [(key, body) for key, body in declared.bodies.items() if key in live.objects]
        results = pool.map(lambda pair: completed(client, pair[1], live.objects[pair[0]]), pairs)
        for (key, _unused), (found, result) in zip(pairs, results, strict=True):
            live.objects[key], live.completed[key] = found, result
    live.requests = client.requests
    return live


def completed(client: ClusterClient, body: Object, live: Object) -> tuple[Object, Object | str]:
    """The live object, and what the server would make of the declared one in its place: it defaults what is left out.

    Nothing is written. A live object that was changed since it was listed is read again, once.
    """
    result = _replaced(client, body, live)
    if isinstance(result, ApiError) and result.status == 409:
        key = key_of(body)
        live = client.get(body["apiVersion"], key.kind, key.name, key.namespace or None) or live
        result = _replaced(client, body, live)
    return live, result.message if isinstance(result, ApiError) else result


def _replaced(client: ClusterClient, body: Object, live: Object) -> Object | ApiError:
    version = live["metadata"].get("resourceVersion")
    try:
        body = with_shared_values(body, live)
        return client.replace({**body, "metadata": {**body["metadata"], "resourceVersion": version}}, dry_run=True)
    except ApiError as error:
        return error


def served_kinds(discovery: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """(group, kind) and the API version to list it in, which is the preferred one that has it."""
    seen = set()
    for group in discovery.get("items") or []:
        name = group["metadata"]["name"]
        for version in group.get("versions") or []:
            for resource in version.get("resources") or []:
                place = (name, str((resource.get("responseKind") or {}).get("kind")))
                if place not in seen and "list" in (resource.get("verbs") or []):
                    seen.add(place)
                    yield place, f"{name}/{version['version']}"


def _rules_of_groups(served: Iterable[tuple[str, str]]) -> Iterator[Decides]:
    by_name = {group.group: group for group in GROUPS}
    for name, kind in served:
        group = by_name.get(name)
        if group is not None and kind not in group.apart:
            yield Decides(name, kind, group.why)
