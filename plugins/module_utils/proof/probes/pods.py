# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring probe pods up, run probes in them, and take them away whatever happens."""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import exec_with_retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.transport import ConnectionLost
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.controller import API as CONTROLLER
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.controller import (
    abandoned,
    controller,
    reference,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import (
    ANNOTATION,
    CONTAINER,
    PREFIX,
    ProbePod,
    manifest,
    running,
    terminal_state,
)

LAYER = "proof"
START_TIMEOUT = 180.0
POLL = 0.3
CONCURRENCY = 32
GRACE = 20.0
Object = dict[str, Any]


class Prober:
    """Runs probes in pods of one cluster, with the options that all checks share (``spec.PROBES``)."""

    def __init__(self, client: ClusterClient, options: Mapping[str, Any]) -> None:
        self.client = client
        self.image = str(options["probe_image"])
        self.command: Sequence[str] = options["probe_command"]
        self.timeout = float(options["probe_timeout"])
        self.environment = str(options["environment_name"])

    @property
    def owner(self) -> dict[str, str]:
        """The labels of what is ours."""
        return {
            "app.kubernetes.io/name": "pingpong-probe",
            "app.kubernetes.io/managed-by": "pingpong.platform",
            "pingpong.platform/environment": self.environment,
            "pingpong.platform/layer": LAYER,
        }

    @contextlib.contextmanager
    def pods(self, wanted: Sequence[ProbePod]) -> Iterator[list[Object]]:
        """Probe pods that run, as API objects in the order asked for; removed at the end of the block.

        Each gets a name of its own that begins with the one wanted.
        """
        named = [replace(pod, name=f"{PREFIX}{pod.name}"[:50] + f"-{secrets.token_hex(3)}") for pod in wanted]
        self._sweep(sorted({pod.namespace for pod in named}))
        imitating = sorted({pod.namespace for pod in named if pod.labels})
        with self._controllers(imitating) as controls, ThreadPoolExecutor(8) as pool:
            try:
                list(pool.map(lambda pod: self.client.create(self._manifest(pod, controls)), named))
                deadline = time.monotonic() + START_TIMEOUT
                yield list(pool.map(lambda pod: self._await(pod, deadline), named))
            finally:
                list(pool.map(lambda pod: self.client.delete("v1", "Pod", pod.name, pod.namespace), named))

    @contextlib.contextmanager
    def _controllers(self, namespaces: Sequence[str]) -> Iterator[dict[str, Object]]:
        """For each namespace the owner reference of what controls the pods that imitate a workload there."""
        wanted = [controller(namespace, self.owner, self.image) for namespace in namespaces]
        try:
            yield {item["metadata"]["namespace"]: reference(self.client.create(item)) for item in wanted}
        finally:
            for item in wanted:
                self.client.delete(*CONTROLLER, item["metadata"]["name"], item["metadata"]["namespace"])

    def run(
        self,
        pod: Mapping[str, Any],
        probes: Sequence[Mapping[str, Any]],
        *,
        container: str = CONTAINER,
        **document: Any,
    ) -> dict[str, Any]:
        """The probe program's answer to a document, run in a container of a pod."""
        metadata = pod["metadata"]
        sent = {"timeout": self.timeout, "concurrency": CONCURRENCY, "probes": list(probes), **document}
        rounds = math.ceil(max(1, len(probes)) / int(sent["concurrency"]))
        where = f"{metadata['namespace']}/{metadata['name']} ({container})"
        probe = partial(
            self.client.exec,
            metadata["namespace"],
            metadata["name"],
            container,
            list(self.command),
            stdin=json.dumps(sent) + "\n",
            timeout=rounds * float(sent["timeout"]) + GRACE,
        )

        def answer(code: int, output: str, errors: str) -> dict[str, Any]:
            if code != 0:
                raise PlatformError(f"the probe program in {where} ended with {code}: {errors.strip()[:500]}")
            try:
                found: dict[str, Any] = json.loads(output)
            except ValueError:
                # It ended well: a busy node loses the end of what an exec wrote, as a stream that breaks does.
                raise ConnectionLost(
                    f"the probe program in {where} answered no JSON: {output[:200]!r}", sent=True
                ) from None
            return found

        # The stream through the API server broke, which says nothing of what was probed.
        return exec_with_retry(probe, answer, lambda error: isinstance(error, ConnectionLost))

    def _manifest(self, pod: ProbePod, controls: Mapping[str, Object]) -> Object:
        control = controls[pod.namespace] if pod.labels else None
        return manifest(pod, self.owner, self.image, self.command, control)

    def _await(self, pod: ProbePod, deadline: float) -> Object:
        where = f"probe pod {pod.namespace}/{pod.name}"
        while True:
            live = self.client.get("v1", "Pod", pod.name, pod.namespace)
            if live is None:
                raise PlatformError(f"{where} was removed by somebody else")
            if running(live) and (live.get("status") or {}).get("podIP"):
                return live
            if reason := terminal_state(live):
                raise PlatformError(f"{where} does not start: {reason}")
            if time.monotonic() > deadline:
                phase = (live.get("status") or {}).get("phase")
                raise DeadlineError(f"{where} did not start within {START_TIMEOUT:g} seconds: phase {phase}")
            time.sleep(POLL)

    def _sweep(self, namespaces: Sequence[str]) -> None:
        """Remove what a killed run left behind: probe pods that the kubelet has ended, and what controlled them."""
        for namespace in namespaces:
            for name in abandoned(self.client.list(*CONTROLLER, namespace)):
                self.client.delete(*CONTROLLER, name, namespace)
            for pod in self.client.list("v1", "Pod", namespace, field_selector="status.phase!=Running"):
                metadata = pod["metadata"]
                ended = pod["status"].get("phase") in ("Failed", "Succeeded")
                if ended and ANNOTATION in (metadata.get("annotations") or {}):
                    self.client.delete("v1", "Pod", metadata["name"], namespace)
