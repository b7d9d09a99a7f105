# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dry runs, none of which changes anything: what the API server says to new objects, and to those that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.discovery import UnknownKind
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.kinds import Resource
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Owner, group_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import Case
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.rules import (
    Rule,
    kyverno_rules_of,
    rules_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import ENDED

WORKERS = 8
# The layers of the role, one an engine, and the kinds of their policies.
LAYER, KYVERNO_LAYER = "admission", "kyverno"
API = "admissionregistration.k8s.io/v1"
KYVERNO_POLICY = ("policies.kyverno.io/v1", "ValidatingPolicy")
NAMESPACE = ("v1", "Namespace")
Object = dict[str, Any]
Asked = TypeVar("Asked")


def rules_in_force(client: ClusterClient, environment: str) -> list[Rule]:
    """The rules of an environment, by whichever engine."""
    ours = Owner(environment, LAYER).selector
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    policies, bindings = (client.list(API, kind, label_selector=ours) for kind in kinds)
    found = rules_of(policies, bindings)
    if served(client, KYVERNO_POLICY):
        ours = Owner(environment, KYVERNO_LAYER).selector
        found += kyverno_rules_of(client.list(*KYVERNO_POLICY, label_selector=ours))
    return found


def served(client: ClusterClient, kind: tuple[str, str]) -> bool:
    """Whether the cluster has a kind, by its API version and name, at all."""
    try:
        client.discovery.find(*kind)
    except UnknownKind:
        return False
    return True


def answers_to_cases(client: ClusterClient, asked: Iterable[tuple[Case, str]]) -> list[str]:
    """What is said to each case in its namespace: why it is refused, or nothing."""

    def ask(question: tuple[Case, str]) -> str:
        case, namespace = question
        if case.kind == NAMESPACE:
            return _said(lambda: client.patch(*NAMESPACE, namespace, None, case.body, dry_run=True))
        body = {**case.body, "metadata": {**case.body["metadata"], "namespace": namespace}}
        return _said(lambda: client.create(body, dry_run=True))

    return _all(ask, asked)


def live_objects(client: ClusterClient, rules: Iterable[Rule]) -> list[Object]:
    """What the rules match and nobody else answers for: pods that run, and what no controller has made."""
    kinds = {(group_of(kind.api_version), kind.plural): kind for kind in client.discovery.listable_kinds()}
    places = sorted(
        {
            (kinds[resource], namespace)
            for rule in rules
            for resource in rule.resources & kinds.keys()
            for namespace in rule.namespaces
        }
    )
    found = _all(lambda place: list(_listed(client, *place)), places)
    return [obj for objects in found for obj in objects if _answers_for_itself(obj)]


def answers_to_live(client: ClusterClient, objects: Iterable[Object]) -> list[str]:
    """What is said to an update that changes nothing, which admission judges as any other."""

    def ask(obj: Object) -> str:
        metadata = obj["metadata"]
        place = (obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace"))
        return _said(lambda: client.patch(*place, {}, dry_run=True), gone_is_fine=True)

    return _all(ask, objects)


def _listed(client: ClusterClient, kind: Resource, namespace: str) -> Iterator[Object]:
    if kind.namespaced:
        yield from client.list(kind.api_version, kind.kind, namespace)
    elif found := client.get(kind.api_version, kind.kind, namespace):
        yield found


def _answers_for_itself(obj: Object) -> bool:
    metadata = obj["metadata"]
    if "deletionTimestamp" in metadata:
        return False
    if obj["kind"] == "Pod":
        return (obj.get("status") or {}).get("phase") not in ENDED
    return not any(owner.get("controller") for owner in metadata.get("ownerReferences") or [])


def _said(request: Callable[[], Object], *, gone_is_fine: bool = False) -> str:
    try:
        request()
    except ApiError as error:
        return "" if gone_is_fine and error.status == 404 else error.message
    return ""


def _all(ask: Callable[[Asked], Any], asked: Iterable[Asked]) -> list[Any]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(ask, asked))
