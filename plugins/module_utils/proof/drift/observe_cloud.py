# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""See what is live in a project: a LIST of each collection that a stack declares something in, and of the ways in;
then the policies of the project and of what is declared, and the keys of declared accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.live import Reader
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.resource import Resource, locate
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Declared
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.cloud import Project
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.grants import (
    Grants,
    Keys,
    Policy,
)

_WAYS_IN = ("forwardingRules", "addresses")
# The policies of declared resources, declared bindings or none, and what these policies call the resource.
_POLICIES = {
    "service_account": ("service_account_iam", "account"),
    "secret": ("secret_iam", "secret"),
    "repository": ("repository_iam", "repository"),
    "bucket": ("bucket_iam", "bucket"),
    "dns_zone": ("dns_zone_iam", "zone"),
    "pubsub_topic": ("pubsub_topic_iam", "topic"),
}
_WORKERS = 8


def observe(
    client: CloudClient, project: str, declared: Declared, proxy_ranges: Sequence[str] = ()
) -> tuple[Project, list[str]]:
    """The project, and what could not be looked at."""
    # A policy has the path of what it is the policy of.
    located = {(resource.kind.name, resource.item): (resource, change) for place, change in declared.resources
               for resource in [locate(place, project)]}  # fmt: skip
    reader = Reader(client)
    listed = [resource for resource, _unused in located.values() if resource.kind.listed and not resource.kind.planner]
    reader.read_all(listed)
    notes: list[str] = []
    rules, addresses = (list(_everywhere(client, project, kind, notes)) for kind in _WAYS_IN)
    services = {f"{key.namespace}/{key.name}" for key in declared.keys if (key.group, key.kind) == ("", "Service")}
    items = frozenset(item for _kind, item in located)
    found = Project(
        list(located.values()), reader.listings, rules, addresses, services, items, declared.gaps, proxy_ranges
    )
    return found, notes


def observe_grants(client: CloudClient, project: str, declared: Declared) -> Grants:
    """The policies of the project, of declared resources, and of those with declared bindings; accounts' keys."""
    resources = [locate(place, project) for place, _unused in declared.resources]
    owners = {resource.item: resource for resource in resources if resource.kind.name in _POLICIES}
    accounts = {resource.item: resource for resource in resources if resource.kind.name == "service_account"}
    whole = locate({"kind": "project_iam", "name": project}, project)
    policies = {whole.item: whole} | {item: _policy_of(resource) for item, resource in owners.items()}
    bindings: dict[str, list[dict[str, Any]]] = {}
    for place, found in declared.bindings:
        resource = locate(place, project)
        policies.setdefault(resource.item, resource)
        bindings.setdefault(resource.item, []).extend(found)
    reader = Reader(client)

    def policy(item: str) -> Policy:
        resource = policies[item]
        live, unread = _asked(lambda: (reader.read_one(resource) or {}).get("bindings") or [])
        return Policy(_target(resource), item in owners, bindings.get(item, []), live, unread)

    def keys(item: str) -> Keys:
        return Keys(accounts[item].name, *_asked(lambda: client.pages("iam", f"{item}/keys", "keys", {})))

    with ThreadPoolExecutor(_WORKERS) as pool:
        read = pool.map(policy, sorted(policies))
        listed = pool.map(keys, sorted(accounts))
        emails = frozenset(str(resource.email) for resource in accounts.values())
        return Grants(project, list(read), list(listed), emails)


def _policy_of(resource: Resource) -> Resource:
    kind, locator = _POLICIES[resource.kind.name]
    return locate({**resource.place, "kind": kind, "name": resource.name, locator: resource.name}, resource.project)


def _target(policy: Resource) -> str:
    """``repository_iam europe-west1/ping``: by what it is the policy of, whatever the stack calls it."""
    place = [value for name, value in sorted(policy.place.items()) if name != "project"]
    return f"{policy.kind.name} {'/'.join(place) or policy.project}"


def _asked(ask: Callable[[], Sequence[Mapping[str, Any]]]) -> tuple[Sequence[Mapping[str, Any]], str]:
    """What the API answers, nothing of what does not exist, and why it is not known."""
    try:
        return ask(), ""
    except ApiError as error:
        return (), "" if error.missing or error.disabled else error.message


def _everywhere(client: CloudClient, project: str, kind: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    path = f"compute/v1/projects/{project}/aggregated/{kind}"
    try:
        yield from client.aggregated("compute", path, kind, {"maxResults": "500"})
    except ApiError as error:
        notes.append(f"{kind}: {error.message}")
