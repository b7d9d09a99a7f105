# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each rule must refuse and what it must admit: one table, for tests and for the proof of what runs.

A case is a well-made object with one thing changed, so that a refusal has one cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import (
    Merge,
    merged,
    security,
    volumes,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.manifest import restricted_pod

NAME = "admission-asked"
UNTRUSTED = "registry.example.com/untrusted:1"
DIGEST = "sha256:" + "0" * 64
INJECT = "sidecar.istio.io/inject"
# The first of them is asked about every template, the others about one: a rule matches them all or none.
WORKLOADS = (
    ("apps/v1", "Deployment"), ("apps/v1", "DaemonSet"), ("apps/v1", "ReplicaSet"), ("apps/v1", "StatefulSet"),
    ("batch/v1", "Job"), ("batch/v1", "CronJob"), ("v1", "ReplicationController"), ("argoproj.io/v1alpha1", "Rollout"),
)  # fmt: skip
# Of these there are some only where an inventory asks for them.
OPTIONAL = frozenset({"trusted-registries", "image-digests"})
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A question to one rule: an object that it must refuse, or one that every rule must admit.

    ``body`` is without a namespace, which is the rule's. The body of a Namespace is a merge patch of the live one.
    """

    rule: str
    name: str
    refused: bool
    body: Object = field(compare=False)

    @property
    def kind(self) -> tuple[str, str]:
        """Its API version and kind."""
        return str(self.body["apiVersion"]), str(self.body["kind"])


@dataclass(frozen=True, slots=True)
class Template:
    """A pod, or what makes pods: the changes of its container, its spec and its metadata. A None removes a field."""

    rule: str
    name: str
    refused: bool = True
    container: Merge = field(default_factory=dict)
    pod: Merge = field(default_factory=dict)
    metadata: Merge = field(default_factory=dict)


def templates(image: str) -> list[Template]:
    """The cases of workloads; ``image`` is one that the rules trust."""
    tag = image.partition("@")[0]
    not_root = security(runAsNonRoot=None)
    return [
        Template("run-as-non-root", "plain", refused=False),
        Template("run-as-non-root", "container as root", container=security(runAsNonRoot=False)),
        Template("run-as-non-root", "nobody says", pod=not_root),
        Template("run-as-non-root", "container says", refused=False, pod=not_root,
                 container=security(runAsNonRoot=True)),
        Template("no-privilege-escalation", "allowed", container=security(allowPrivilegeEscalation=True)),
        Template("no-privilege-escalation", "nobody says", container=security(allowPrivilegeEscalation=None)),
        Template("drop-capabilities", "one dropped", container=security(capabilities={"drop": ["NET_RAW"]})),
        Template("drop-capabilities", "none dropped", container=security(capabilities=None)),
        Template("resource-requests", "no memory",
                 container={"resources": {"requests": {"memory": None}, "limits": None}}),
        Template("resource-requests", "nothing", container={"resources": None}),
        Template("volume-types", "of the host", pod=volumes({"hostPath": {"path": "/"}})),
        Template("volume-types", "a temporary one", refused=False, pod=volumes({"emptyDir": {}})),
        Template("probe-host", "of a probe", container={"livenessProbe": _to_host("httpGet")}),
        Template("probe-host", "of a hook", container={"lifecycle": {"preStop": _to_host("tcpSocket")}}),
        Template("probe-host", "a probe without one", refused=False,
                 container={"livenessProbe": {"tcpSocket": {"port": 80}}}),
        Template("trusted-registries", "of another registry", container={"image": UNTRUSTED}),
        Template("image-digests", "by tag", container={"image": tag}),
        Template("image-digests", "by digest", refused=False, container={"image": f"{tag}@{DIGEST}"}),
        Template("injection-stays-on", "label", metadata={"labels": {INJECT: "false"}}),
        Template("injection-stays-on", "annotation", metadata={"annotations": {INJECT: "no"}}),
        Template("injection-stays-on", "on", refused=False, metadata={"labels": {INJECT: "true"}}),
    ]  # fmt: skip


def cases(image: str) -> list[Case]:
    """The whole table."""
    made = templates(image)
    first, second = made[0], made[1]
    return [
        *(_of(template, *WORKLOADS[0], image) for template in made),
        *(_of(template, *kind, image) for kind in WORKLOADS[1:] for template in (first, second)),
        *_namespaces(),
        *_peer_authentications(),
        *_destination_rules(),
    ]


def pod_of(template: Template, image: str) -> Object:
    """The pod of a template."""
    pod = restricted_pod(NAME, "", image, {"app": NAME})
    container = merged(pod["spec"]["containers"][0], template.container)
    spec = {**merged(pod["spec"], template.pod), "containers": [container]}
    metadata = merged({"name": NAME, "labels": {"app": NAME}}, template.metadata)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _of(template: Template, api_version: str, kind: str, image: str) -> Case:
    """A template in an object of a kind that makes pods."""
    pod = pod_of(template, image)
    metadata = {key: value for key, value in pod["metadata"].items() if key != "name"}
    made: Object = {"template": {"metadata": metadata, "spec": pod["spec"]}}
    if kind in ("Job", "CronJob"):
        spec = made if kind == "Job" else {"schedule": "@yearly", "jobTemplate": {"spec": made}}
    else:
        pod["spec"]["restartPolicy"] = "Always"
        labels = {"app": NAME}
        spec = {**made, "selector": labels if kind == "ReplicationController" else {"matchLabels": labels}}
    name = f"{kind}: {template.name}"
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": NAME}, "spec": spec}
    return Case(template.rule, name, template.refused, body)


def _to_host(action: str) -> Mapping[str, Any]:
    return {action: {"port": 80, "host": "169.254.169.254"}}


def _namespaces() -> list[Case]:
    return [
        Case("namespaces-inject", name, refused, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        for name, refused, metadata in (
            ("label removed", True, {"labels": {"istio-injection": None}}),
            ("label disabled", True, {"labels": {"istio-injection": "disabled"}}),
            ("as it is", False, {}),
        )
    ]


def _peer_authentications() -> list[Case]:
    strict, permissive, disable = ({"mode": mode} for mode in ("STRICT", "PERMISSIVE", "DISABLE"))
    selector = {"selector": {"matchLabels": {"app": NAME}}}
    return [
        _istio("security.istio.io/v1", "PeerAuthentication", "strict-mutual-tls", name, refused, spec)
        for name, refused, spec in (
            ("STRICT", False, {"mtls": strict}),
            ("STRICT for a workload", False, {**selector, "mtls": strict}),
            ("PERMISSIVE", True, {"mtls": permissive}),
            ("DISABLE", True, {"mtls": disable}),
            ("PERMISSIVE for a workload", True, {**selector, "mtls": permissive}),
            ("PERMISSIVE for a port", True, {**selector, "mtls": strict, "portLevelMtls": {"8080": permissive}}),
            ("DISABLE for a port", True, {**selector, "mtls": strict, "portLevelMtls": {"8080": disable}}),
        )
    ]


def _destination_rules() -> list[Case]:
    plain, mutual = ({"tls": {"mode": mode}} for mode in ("DISABLE", "ISTIO_MUTUAL"))
    port = {"portLevelSettings": [{"port": {"number": 80}, **plain}]}
    subset = {"subsets": [{"name": "v1", "trafficPolicy": plain}]}
    ours, others = {"host": NAME}, {"host": "service.example.com"}
    return [
        _istio("networking.istio.io/v1", "DestinationRule", "no-plaintext-calls", name, refused, spec)
        for name, refused, spec in (
            ("ISTIO_MUTUAL", False, {**ours, "trafficPolicy": mutual}),
            ("DISABLE for another's host", False, {**others, "trafficPolicy": plain}),
            ("DISABLE for every host", True, {"host": "*.local", "trafficPolicy": plain}),
            ("TLS without a mode", True, {"host": "*.local", "trafficPolicy": {"tls": {}}}),
            ("DISABLE for a port", True, {"host": "*.local", "trafficPolicy": port}),
            ("DISABLE for a subset", True, {"host": "*.local", **subset}),
        )
    ]


def _istio(api_version: str, kind: str, rule: str, name: str, refused: bool, spec: Object) -> Case:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": NAME}, "spec": spec}
    return Case(rule, f"{kind}: {name}", refused, body)
