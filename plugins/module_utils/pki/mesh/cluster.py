# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cluster of the mesh: its bundle, its istiod, its proxies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import load_all
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh import proxies
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Installed, read_bundle
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Proxy
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import decode, put

NAMESPACE, SECRET = "istio-system", "cacerts"
# Where istiod keeps the root that it makes when it finds no bundle.
SELF_MADE = "istio-ca-secret"
ISTIOD = "app=istiod"
REFRESHED = "pingpong.platform/cacerts"
RESTARTED = "kubectl.kubernetes.io/restartedAt"


class Api(proxies.Api, Protocol):
    """What is used of a cluster's client."""

    def create(self, obj: dict[str, Any]) -> dict[str, Any]: ...

    def replace(self, obj: dict[str, Any]) -> dict[str, Any]: ...

    def patch(
        self, api_version: str, kind: str, name: str, namespace: str | None, patch: dict[str, Any]
    ) -> dict[str, Any]: ...


@dataclass(slots=True)
class MeshCluster:
    """A cluster by its name in the task; ``read`` comes first."""

    name: str
    api: Api
    labels: Mapping[str, str]
    installed: Installed | Damaged | None = None
    istiods: list[dict[str, Any]] = field(default_factory=list)
    # An istiod that began without a bundle doesn't watch for one, so that it must be started again.
    unwatched: bool = False
    _secret: dict[str, Any] | None = None

    def read(self) -> MeshCluster:
        """Look at the bundle and at which istiod there is."""
        self._secret = self.api.get("v1", "Secret", SECRET, NAMESPACE)
        where = f"{self.name} Secret {NAMESPACE}/{SECRET}"
        self.installed = read_bundle(where, decode(self._secret)) if self._secret else None
        self.istiods = self.api.list("apps/v1", "Deployment", NAMESPACE, label_selector=ISTIOD)
        return self

    def adopt(self) -> MeshCluster:
        """Where istiod runs under a root that it made itself, take that for the cluster's bundle: to rotate from."""
        if self._secret is not None or not self.istiods:
            return self
        self.unwatched = True
        own = self.api.get("v1", "Secret", SELF_MADE, NAMESPACE)
        fields = (bundles.MESH_CERTIFICATE, bundles.MESH_KEY)
        stored = bundles.read_fields(f"{self.name} Secret {NAMESPACE}/{SELF_MADE}", decode(own or {}), fields)
        if isinstance(stored, Issued):
            self.installed = Installed(stored, (stored.certificate,))
        return self

    @property
    def usable(self) -> Installed | None:
        """The bundle when it exists and istiod can use it."""
        return self.installed if isinstance(self.installed, Installed) else None

    def distributed(self) -> frozenset[str]:
        """The roots that istiod hands out now; none where no istiod runs."""
        return proxies.distributed(self.api.get("v1", "ConfigMap", proxies.ROOT_CONFIG_MAP, NAMESPACE))

    def observe(self, query: proxies.ProxyQuery) -> list[Proxy]:
        """What the cluster's proxies present and trust; none are asked where no istiod ever ran."""
        return proxies.observe(self.name, self.api, query) if self.istiods else []

    def write(self, desired: Installed) -> None:
        """Replace the bundle in one request, and have the kubelet hand it to istiod at once."""
        contents = bundles.cacerts(desired.intermediate, desired.trusted)
        if self._secret is None and self.api.get("v1", "Namespace", NAMESPACE) is None:
            self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        put(self.api, self._secret, NAMESPACE, SECRET, self._type(), contents, self.labels)
        self.read()
        self._refresh_mounts(contents)

    def push_again(self) -> None:
        """Have every istiod push its roots again, after which each proxy asks for a new leaf.

        A proxy may have asked an istiod that had not read the bundle yet. A line's end more or less in the roots is
        news to istiod and to the proxies, and means the same.
        """
        if self._secret is None or self.usable is None:
            return
        text = decode(self._secret)[bundles.MESH_ROOT]
        other = text.rstrip(b"\n") + (b"\n" if text.endswith(b"\n\n") else b"\n\n")
        put(self.api, self._secret, NAMESPACE, SECRET, self._type(), {bundles.MESH_ROOT: other}, self.labels)
        self.read()
        self._refresh_mounts({bundles.MESH_ROOT: other})

    def restart(self, now: datetime) -> None:
        """Replace istiod's pods, a few at a time, as its deployment does."""
        stamp = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: now.astimezone(UTC).isoformat()}}}}}
        for istiod in self.istiods:
            self.api.patch("apps/v1", "Deployment", istiod["metadata"]["name"], NAMESPACE, stamp)
        self.read()

    def settled(self) -> str:
        """Why istiod isn't steadily up, empty when it is."""
        for istiod in self.api.list("apps/v1", "Deployment", NAMESPACE, label_selector=ISTIOD):
            status, replicas = istiod.get("status") or {}, (istiod.get("spec") or {}).get("replicas", 1)
            seen = (status.get("observedGeneration", 0), status.get("updatedReplicas", 0), status.get("replicas", 0))
            ready = status.get("availableReplicas", 0)
            if seen[0] < istiod["metadata"].get("generation", 0) or not seen[1] == seen[2] == replicas <= ready:
                return f"{self.name} istiod has {ready} of {replicas} replicas up to date and ready"
        return ""

    def rotation_obstacles(self) -> list[str]:
        """Why this cluster can't follow a rotation of the root while it runs."""
        found = []
        for istiod in self.istiods:
            containers = istiod["spec"]["template"]["spec"]["containers"]
            values = {env["name"]: env.get("value") for one in containers for env in one.get("env") or []}
            if str(values.get("ISTIO_MULTIROOT_MESH")).lower() != "true":
                found.append(
                    f"{self.name} istiod runs without ISTIO_MULTIROOT_MESH=true and would ignore a second root"
                )
        if self.istiods and not self._proxies_listen():
            found.append(
                f"{self.name} proxies run without proxyMetadata PROXY_CONFIG_XDS_AGENT=true "
                "and would not hear of a second root"
            )
        return found

    def _proxies_listen(self) -> bool:
        config = self.api.get("v1", "ConfigMap", "istio", NAMESPACE)
        documents = load_all(((config or {}).get("data") or {}).get("mesh") or "")
        mesh = documents[0] if documents and isinstance(documents[0], dict) else {}
        metadata = (mesh.get("defaultConfig") or {}).get("proxyMetadata") or {}
        return str(metadata.get("PROXY_CONFIG_XDS_AGENT")).lower() == "true"

    def _type(self) -> str:
        return str((self._secret or {}).get("type") or "Opaque")

    def _refresh_mounts(self, contents: Mapping[str, bytes]) -> None:
        # The kubelet mounts a Secret's new content when it next looks at the pod: within a minute or two of its own,
        # at once when the pod changes. The mark is of public content only.
        mark = hashlib.sha256(contents[bundles.MESH_ROOT] + contents.get(bundles.MESH_CHAIN, b"")).hexdigest()[:16]
        annotation = {"metadata": {"annotations": {REFRESHED: mark}}}
        for pod in self.api.list("v1", "Pod", NAMESPACE, label_selector=ISTIOD):
            self.api.patch("v1", "Pod", pod["metadata"]["name"], NAMESPACE, annotation)
