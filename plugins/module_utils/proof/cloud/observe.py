# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask a project's APIs: one aggregated LIST for each collection, then keys and policies of what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.client import CloudClient
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import TransientError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import Answer, Answers, Live

WORKERS = 8
POLICY_VERSION = 3  # with conditions; an older one hides them
_PAGE = {"maxResults": "500"}


@dataclass(frozen=True)
class Question:
    """One request, with the permission that it needs."""

    permission: str
    ask: Callable[[CloudClient], Sequence[Live]]


def _aggregated(collection: str) -> Callable[[str], Question]:
    def question(project: str) -> Question:
        path = f"compute/v1/projects/{project}/aggregated/{collection}"
        return Question(
            f"compute.{collection}.list", lambda client: client.aggregated("compute", path, collection, _PAGE)
        )

    return question


def _pages(service: str, path: str, items: str, permission: str, **query: str) -> Callable[[str], Question]:
    def question(project: str) -> Question:
        asked = {name: value.format(project=project) for name, value in query.items()}
        return Question(permission, lambda client: client.pages(service, path.format(project=project), items, asked))

    return question


def _project_policy(project: str) -> Question:
    path, body = f"v1/projects/{project}:getIamPolicy", {"options": {"requestedPolicyVersion": POLICY_VERSION}}
    permission = "resourcemanager.projects.getIamPolicy"
    return Question(permission, lambda client: [client.read("cloudresourcemanager", path, method="POST", body=body)])


COLLECTIONS: Mapping[str, Callable[[str], Question]] = {
    "forwarding_rules": _aggregated("forwardingRules"),
    "addresses": _aggregated("addresses"),
    "instances": _aggregated("instances"),
    "subnetworks": _aggregated("subnetworks"),
    "firewalls": _pages(
        "compute", "compute/v1/projects/{project}/global/firewalls", "items", "compute.firewalls.list", **_PAGE
    ),
    "clusters": _pages(
        "container", "v1/projects/{project}/locations/-/clusters", "clusters", "container.clusters.list"
    ),
    "accounts": _pages(
        "iam", "v1/projects/{project}/serviceAccounts", "accounts", "iam.serviceAccounts.list", pageSize="100"
    ),
    "buckets": _pages("storage", "storage/v1/b", "items", "storage.buckets.list", project="{project}"),
    "topics": _pages("pubsub", "v1/projects/{project}/topics", "topics", "pubsub.topics.list", pageSize="1000"),
    "policy": _project_policy,
}


def observe(client: CloudClient, project: str, registry_locations: Sequence[str]) -> Answers:
    """The project as its APIs answer. PlatformError where there is no Google at all."""
    questions = {name: question(project) for name, question in COLLECTIONS.items()}
    questions |= {f"repositories {place}": _repositories(project, place) for place in dict.fromkeys(registry_locations)}
    collections = _ask(client, questions)
    keys = {str(live["email"]): _keys(str(live["name"])) for live in collections["accounts"].items}
    policies = {
        f"bucket {live['name']}": _bucket_policy(str(live["name"]))
        for live in collections["buckets"].items
        # What is prevented at the bucket no policy can grant.
        if get(live, "iamConfiguration.publicAccessPrevention") != "enforced"
    }
    for name, answer in collections.items():
        if name.startswith("repositories "):
            policies |= {f"repository {_short(live)}": _repository_policy(str(live["name"])) for live in answer.items}
    found = _ask(client, {("keys", name): item for name, item in keys.items()}
                 | {("policies", name): item for name, item in policies.items()})  # fmt: skip
    return Answers(
        collections,
        {name: answer for (kind, name), answer in found.items() if kind == "keys"},
        {name: answer for (kind, name), answer in found.items() if kind == "policies"},
    )


def _ask(client: CloudClient, questions: Mapping[Any, Question]) -> dict[Any, Answer]:
    def answer(question: Question) -> Answer:
        try:
            return Answer(tuple(question.ask(client)))
        except (ApiError, TransientError) as error:
            return Answer(unread=f"{question.permission} is needed: {error.message}")

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(questions, pool.map(answer, questions.values()), strict=True))


def _keys(account: str) -> Question:
    path = f"v1/{account}/keys"
    return Question("iam.serviceAccountKeys.list", lambda client: client.pages("iam", path, "keys", {}))


def _bucket_policy(name: str) -> Question:
    query = {"optionsRequestedPolicyVersion": str(POLICY_VERSION)}
    path = f"storage/v1/b/{name}/iam"
    return Question("storage.buckets.getIamPolicy", lambda client: [client.read("storage", path, query)])


def _repositories(project: str, location: str) -> Question:
    path = f"v1/projects/{project}/locations/{location}/repositories"
    permission = "artifactregistry.repositories.list"
    return Question(permission, lambda client: client.pages("artifactregistry", path, "repositories", {}))


def _repository_policy(name: str) -> Question:
    query = {"options.requestedPolicyVersion": str(POLICY_VERSION)}
    permission = "artifactregistry.repositories.getIamPolicy"
    return Question(permission, lambda client: [client.read("artifactregistry", f"v1/{name}:getIamPolicy", query)])


def _short(live: Live) -> str:
    _projects, _project, _locations, location, _repositories, name = str(live["name"]).split("/")
    return f"{location}/{name}"
