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

from tests.support import kyverno
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
# An engine's layer, its policies, and what puts them in force.
LAYERS = {"kubernetes": "admission", "kyverno": "kyverno"}
POLICIES = {
    "kubernetes": ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    "kyverno": ("policies.kyverno.io/v1", "ValidatingPolicy"),
}
IN_FORCE = {**POLICIES, "kubernetes": ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding")}
Object = dict[str, Any]


@dataclass
class Ruled:
    """The server, and the role's layer in it, by one of its engines."""

    server: ApiServer
    client: ClusterClient
    engine: str

    def prepare(self) -> None:
        """Kinds and namespaces, and no rule yet."""
        rollouts = definition("argoproj.io", "Rollout")
        rollouts["spec"]["versions"][0]["name"] = "v1alpha1"
        istio = definitions(ISTIO, "peerauthentications", "destinationrules")
        Harness(self.server.connection, self.client, "default").apply(rollouts, *istio, wait=True, request_timeout=60.0)
        for name, labels in ((SHOP, {"istio-injection": "enabled"}), (ROOT, {}), (UNLABELLED, {})):
            self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def apply(self, *, wait: bool = False, **changes: Any) -> Object:
        """The role's layer, as its task applies it; Kyverno's pods run nowhere: its program has to be started."""
        given = {"admission_engine": self.engine, **VARIABLES, **changes}
        objects = rendered("admission", "production", "policy.yml.j2", **given)
        if self.engine == "kyverno":
            objects = [*kyverno.layer(), *objects]
        return self._layer(self.engine, *objects, wait=wait, wait_timeout=120)

    def withdraw(self) -> None:
        """Kyverno's policies away, which is what a removal of its layer begins with."""
        self._layer("kyverno", *kyverno.layer())

    def remove(self, engine: str) -> Object:
        """An engine's layer away, as the role's task removes it."""
        return self._layer(engine, state="absent", wait_timeout=120)

    @property
    def _harness(self) -> Harness:
        return Harness(self.server.connection, self.client, "")

    def _layer(self, engine: str, *objects: Object, **options: Any) -> Object:
        given = {"layer": LAYERS[engine], "namespace": None, "request_timeout": 60.0}
        return self._harness.apply(*objects, **given, **options)

    def lift(self, rule: str) -> None:
        """Take a rule out of force behind the role's back."""
        self.client.delete(*IN_FORCE[self.engine], f"pingpong-{rule}")

    def hollow(self, rule: str) -> None:
        """Leave a rule in force that says nothing any more, as somebody with an editor would."""
        api_version, kind = POLICIES[self.engine]
        says = {"spec": {"validations": [{"expression": "true"}]}}
        self._harness.edit(kind, f"pingpong-{rule}", says, manager="kubectl-edit", api_version=api_version)

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
