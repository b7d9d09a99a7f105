"""A real API server with the kinds that the admission rules know, and namespaces that they hold in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import DIGEST
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.check import run

from tests.support.apiserver import ApiServer
from tests.support.definitions import ISTIO, definitions
from tests.support.layers import Harness, definition
from tests.support.roles import rendered

SHOP, UNLABELLED, ROOT = "shop", "unlabelled", "istio-system"
TRUSTED = "registry.example.org/"
IMAGE = f"{TRUSTED}app:1@{DIGEST}"
SEEN = 60.0  # seconds in which the API server takes up a policy
VARIABLES = {
    "admission_namespaces": [SHOP],
    "admission_mesh_namespaces": [SHOP, UNLABELLED],
    "admission_registries": [TRUSTED],
    "admission_digest_registries": [TRUSTED],
}
BINDING = ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding")
Object = dict[str, Any]


@dataclass
class Ruled:
    """The server, and the role's layer in it."""

    server: ApiServer
    client: ClusterClient

    def prepare(self) -> None:
        """Kinds and namespaces, and no rule yet."""
        rollouts = definition("argoproj.io", "Rollout")
        rollouts["spec"]["versions"][0]["name"] = "v1alpha1"
        istio = definitions(ISTIO, "peerauthentications", "destinationrules")
        Harness(self.server.connection, self.client, "default").apply(rollouts, *istio, wait=True)
        for name, labels in ((SHOP, {"istio-injection": "enabled"}), (ROOT, {}), (UNLABELLED, {})):
            self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def apply(self, **changes: Any) -> None:
        """The role's rules, as its task applies them, taken up by the API server."""
        objects = rendered("admission", "production", "policy.yml.j2", **VARIABLES, **changes)
        Harness(self.server.connection, self.client, "").apply(*objects, layer="admission", namespace=None)

    def lift(self, rule: str) -> None:
        """Take a rule out of force behind the role's back."""
        self.client.delete(*BINDING, f"pingpong-{rule}")

    def check(self) -> dict[str, str]:
        """The cells that fall short, as where and what: verdict and what was seen."""
        options = {"connection": self.server.connection, "cluster": "primary", "environment_name": "tests"}
        found = run({**options, "image": IMAGE, "fail": False})["cells"]
        return {
            f"{cell['target']}: {cell['case']}": f"{cell['verdict']}: {cell['observed']}"
            for cell in found
            if cell["verdict"] != "pass"
        }

    def said(self, obj: Object) -> str:
        """What the API server says against a new object; nothing when it admits it."""
        return refusal(lambda: self.client.create(obj, dry_run=True))


def refusal(ask: Callable[[], Any]) -> str:
    try:
        ask()
    except ApiError as error:
        return error.message
    return ""


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SEEN
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
