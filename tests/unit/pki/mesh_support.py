"""A mesh in memory: istiods that follow ``cacerts`` as Istio's do, and proxies that follow their istiod.

Taken from Istio's pilot/pkg/bootstrap/istio_ca.go and security/pkg/nodeagent/cache: istiod refuses roots that are
neither a subset nor a superset of its own, and without ISTIO_MULTIROOT_MESH any others; news of roots make each proxy
ask for a new leaf, and news are bytes: the same roots in another order are news.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import (
    Issued,
    issue,
    load_certificates,
    order_chain,
    pem,
)
from ansible_collections.pingpong.platform.plugins.module_utils.pki.desired import CA_USAGES, Authority, Desired
from ansible_collections.pingpong.platform.plugins.module_utils.pki.durations import RenewBefore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.keys import ALGORITHMS
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.cluster import MeshCluster
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.hierarchy import Shape
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.proxies import ROOT_CONFIG_MAP, SECRETS
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.reconcile import MeshEngine
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.roots import FileStore, RootStore
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.stages import Stage
from ansible_collections.pingpong.platform.plugins.module_utils.pki.mesh.rotation.wait import WaitOptions
from ansible_collections.pingpong.platform.plugins.module_utils.pki.names import Names
from cryptography import x509
from pki_support import FakeApi, data_of, secret_of

NAMESPACE = "istio-system"


class Killed(BaseException):
    """The process ends at this very request."""


@dataclass
class FakeProxy:
    """What a proxy holds: its chain, the roots it verifies peers with, the roots it verifies istiod with."""

    chain: bytes = b""
    trusted: bytes = b""
    upstream: bytes = b""
    broken: str = ""
    deaf: bool = False


@dataclass
class FakeCluster(FakeApi):
    """One cluster with its istiod (unless ``istiod`` is off) and proxies by ``namespace/name``."""

    name: str
    proxies: dict[str, FakeProxy] = field(default_factory=dict)
    istiod: bool = False
    multiroot: bool = True
    requests: int = 0
    kill_at: int | None = None
    on_change: Callable[[], None] = lambda: None
    loaded: dict[str, bytes] | None = None
    restarts: int = 0
    watches: bool = False

    def __post_init__(self) -> None:
        FakeApi.__init__(self)
        self.put({"kind": "Namespace", "metadata": {"name": NAMESPACE}})

    # -- the API -------------------------------------------------------------------------------------------------

    def _count(self) -> None:
        self.requests += 1
        if self.kill_at is not None and self.requests >= self.kill_at:
            raise Killed

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        self._count()
        if kind == "Pod":
            return {"metadata": {"name": name}} if f"{namespace}/{name}" in self.proxies else None
        if kind == "ConfigMap" and name == "istio":
            return {"data": {"mesh": "defaultConfig: {proxyMetadata: {PROXY_CONFIG_XDS_AGENT: 'true'}}"}}
        return super().get(api_version, kind, name, namespace)

    def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        self._count()
        return super().create(obj)

    def replace(self, obj: dict[str, Any]) -> dict[str, Any]:
        self._count()
        return super().replace(obj)

    def list(self, api_version: str, kind: str, namespace: str | None = None, **_: Any) -> list[dict[str, Any]]:
        self._count()
        if kind == "Deployment":
            return [self._deployment()] if self.istiod else []
        if namespace == NAMESPACE:
            return [{"metadata": {"name": "istiod-1", "namespace": NAMESPACE}}] if self.istiod else []
        spec = {"containers": [{"name": "istio-proxy"}]}
        pods = [name.split("/") for name in self.proxies]
        return [{"metadata": {"namespace": space, "name": name}, "spec": spec} for space, name in pods]

    def patch(self, api_version: str, kind: str, name: str, namespace: str | None, patch: dict[str, Any]) -> Any:
        self._count()
        if kind == "Deployment":
            self.restarts += 1
            self.start()
        else:
            self.follow()

    def exec(
        self, namespace: str, pod: str, container: str | None, argv: Sequence[str], **_: Any
    ) -> tuple[int, str, str]:
        self._count()
        proxy = self.proxies[f"{namespace}/{pod}"]
        if proxy.broken:
            return 1, "", proxy.broken
        if tuple(argv) != SECRETS:
            return 0, proxy.upstream.decode(), ""
        chain, trusted = (base64.b64encode(text).decode() for text in (proxy.chain, proxy.trusted))
        certificate = {"tls_certificate": {"certificate_chain": {"inline_bytes": chain}}}
        roots = {"validation_context": {"trusted_ca": {"inline_bytes": trusted}}}
        return (
            0,
            json.dumps({"configs": [{"name": "default", "secret": certificate}, {"name": "ROOTCA", "secret": roots}]}),
            "",
        )

    def _deployment(self) -> dict[str, Any]:
        env = [{"name": "ISTIO_MULTIROOT_MESH", "value": str(self.multiroot).lower()}]
        status = {"observedGeneration": 1, "updatedReplicas": 1, "replicas": 1, "availableReplicas": 1}
        return {
            "metadata": {"name": "istiod", "generation": 1},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"env": env}]}}},
            "status": status,
        }

    # -- istiod --------------------------------------------------------------------------------------------------

    def mounted(self) -> dict[str, bytes] | None:
        secret = self.objects.get(("Secret", NAMESPACE, "cacerts"))
        return data_of(secret) if secret else None

    def start(self) -> None:
        """istiod starts: it takes what is mounted as it is, and makes a root of its own where nothing is."""
        self.istiod = True
        self.watches = self.mounted() is not None
        self._load(self.mounted() or self._own())

    def _own(self) -> dict[str, bytes]:
        desired = Desired(
            "root", "istiod's own", usages=CA_USAGES, authority=Authority(), validity=timedelta(days=3650)
        )
        data = bundles.cacerts(issue(desired, None, datetime(2026, 6, 1, tzinfo=UTC)))
        kept = {field: data[field] for field in (bundles.MESH_CERTIFICATE, bundles.MESH_KEY)}
        self.put(secret_of(NAMESPACE, "istio-ca-secret", kept, type="istio.io/ca-root"))
        return data

    def follow(self) -> None:
        """istiod sees that what is mounted has changed."""
        mounted = self.mounted()
        if not self.watches or mounted is None or self.loaded is None or mounted == self.loaded:
            return
        before, after = (set(load_certificates("", one[bundles.MESH_ROOT])) for one in (self.loaded, mounted))
        same = self.loaded[bundles.MESH_ROOT] == mounted[bundles.MESH_ROOT]
        if same or (self.multiroot and (before <= after or after <= before)):
            self._load(mounted)

    def _load(self, data: dict[str, bytes]) -> None:
        news = self.loaded is None or self.loaded.get(bundles.MESH_ROOT) != data.get(bundles.MESH_ROOT)
        self.loaded = copy.deepcopy(data)
        roots = data[bundles.MESH_ROOT]
        self.put(
            {
                "kind": "ConfigMap",
                "metadata": {"namespace": NAMESPACE, "name": ROOT_CONFIG_MAP},
                "data": {"root-cert.pem": roots.decode()},
            }
        )
        for name, proxy in self.proxies.items():
            proxy.upstream = roots
            if news and not proxy.deaf:
                proxy.trusted, proxy.chain = roots, self.sign(name)
                self.on_change()

    def sign(self, name: str) -> bytes:
        """A leaf for a proxy, of the intermediate that istiod has loaded."""
        assert self.loaded is not None
        held = bundles.read_fields("", self.loaded, (bundles.MESH_CERTIFICATE, bundles.MESH_KEY, bundles.MESH_CHAIN))
        assert isinstance(held, Issued)
        identity = Names(uris=(f"spiffe://example.org/ns/{name.replace('/', '/sa/')}",))
        leaf = issue(
            Desired("leaf", names=identity, validity=timedelta(days=1)), held, datetime(2026, 6, 2, tzinfo=UTC)
        )
        return pem(leaf.certificate) + self.loaded[bundles.MESH_CHAIN]

    def add_proxy(self, name: str) -> None:
        assert self.loaded is not None
        self.proxies[name] = FakeProxy(self.sign(name), self.loaded[bundles.MESH_ROOT], self.loaded[bundles.MESH_ROOT])


class Mesh:
    """Two clusters, each with two proxies, and the promise that every proxy accepts every other at every moment."""

    def __init__(self, folder: Path, store: RootStore | None = None) -> None:
        self.now = datetime(2026, 6, 1, tzinfo=UTC)
        self.store: RootStore = store or FileStore(folder / "mesh-root.pem")
        self.clusters = {name: FakeCluster(name) for name in ("primary", "secondary")}
        self.broken: list[str] = []
        self.shape = Shape(
            "example.org",
            ALGORITHMS["ecdsa-p256"],
            timedelta(days=3650),
            RenewBefore(share=0.2),
            ALGORITHMS["ecdsa-p256"],
            timedelta(days=365),
            RenewBefore(share=0.33),
            True,
        )

    def run(self, stage: str = "steady", *, check_mode: bool = False, wait: bool = True, timeout: int = 60) -> Any:
        wait_options = WaitOptions(wait, timedelta(seconds=timeout), sleep=self._sleep)
        clusters = [MeshCluster(name, cluster, {}) for name, cluster in self.clusters.items()]  # type: ignore[arg-type]
        engine = MeshEngine(
            clusters, self.store, self.shape, wait_options, check_mode=check_mode, clock=lambda: self.now
        )
        return engine.run(Stage(stage))

    def up(self, *proxies: str) -> Mesh:
        """Authorities, then istiod, then proxies."""
        self.run()
        for cluster in self.clusters.values():
            cluster.on_change = self.check
            cluster.start()
            for name in proxies or ("a/one", "b/two"):
                cluster.add_proxy(name)
        self.check()
        return self

    def check(self) -> None:
        """Each proxy verifies each other's chain with the roots it trusts."""
        everyone = [
            (f"{cluster.name} {name}", root_of(proxy.chain), load_certificates("", proxy.trusted))
            for cluster in self.clusters.values()
            for name, proxy in cluster.proxies.items()
        ]
        for left, _unused, trusted in everyone:
            for right, root, _unused in everyone:
                if root not in trusted:
                    self.broken.append(f"{left} refuses {right}")

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for cluster in self.clusters.values():
            if cluster.istiod:
                cluster.follow()


@cache
def root_of(chain: bytes) -> x509.Certificate:
    """The root that a chain leads to by its signatures."""
    leaf, *above = load_certificates("", chain)
    return order_chain(leaf, above)[-1]
