# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dry runs: what one namespace of a real API server answers to pods, none of which is created."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.answers import Answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import (
    Fixture,
    ephemeral_container_of,
    pod_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.running import (
    as_new,
    with_ephemeral,
)

OURS = {"app.kubernetes.io/managed-by": "pingpong.platform"}
NOT_INJECTED = {**OURS, "sidecar.istio.io/inject": "false"}
WORKERS = 8
ENDED = ("Succeeded", "Failed")
Object = Mapping[str, Any]


class Questions:
    """Asks one cluster's API server; each method answers for all that it is given, in the same order."""

    def __init__(self, client: ClusterClient, image: str) -> None:
        """``image`` is that of the pods; none of them is started."""
        self.client = client
        self.image = image
        self.validating_webhooks = _only_validating(client)
        version = client.request("GET", "/version")
        # GKE writes it as ``34+``.
        self.minor = int("".join(letter for letter in version["minor"] if letter.isdigit()))

    def fixtures(self, namespace: str, asked: Iterable[Fixture], *, injected: bool) -> list[Answer]:
        """What the namespace says to new pods; ``injected`` as any other pod of it, else out of every mesh's reach."""
        labels = OURS if injected else NOT_INJECTED
        return self._all(lambda fixture: self._create(pod_of(fixture, namespace, self.image, labels)), asked)

    def ephemeral(self, pod: Object, asked: Iterable[Fixture]) -> list[Answer]:
        """What it says to an ephemeral container in a pod that runs."""

        def ask(fixture: Fixture) -> Answer:
            patch = with_ephemeral(pod, ephemeral_container_of(fixture, self.image))
            metadata = pod["metadata"]
            return self._answer(
                lambda: self.client.patch(
                    "v1", "Pod", metadata["name"], metadata["namespace"], patch,
                    subresource="ephemeralcontainers", dry_run=True,
                )
            )  # fmt: skip

        return self._all(ask, asked)

    def running(self, pods: Iterable[Object]) -> list[Answer]:
        """What it would say to pods that run, were they new."""
        return self._all(lambda pod: self._create(as_new(pod)), pods)

    def running_pods(self, namespace: str) -> list[dict[str, Any]]:
        pods = self.client.list("v1", "Pod", namespace)
        return [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ENDED]

    def _create(self, pod: dict[str, Any]) -> Answer:
        return self._answer(lambda: self.client.create(pod, dry_run=True))

    def _answer(self, request: Callable[[], dict[str, Any]]) -> Answer:
        try:
            return Answer(201, pod=request())
        except ApiError as error:
            return Answer(error.status, error.message, validating_webhooks=self.validating_webhooks)

    def _all(self, ask: Callable[[Any], Answer], asked: Iterable[Any]) -> list[Answer]:
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(ask, asked))


def _only_validating(client: ClusterClient) -> frozenset[str]:
    """The names of webhooks that validate, without those that change objects under the same name."""

    def names(kind: str) -> set[str]:
        found = client.list("admissionregistration.k8s.io/v1", kind)
        return {webhook["name"] for item in found for webhook in item.get("webhooks") or []}

    return frozenset(names("ValidatingWebhookConfiguration") - names("MutatingWebhookConfiguration"))
