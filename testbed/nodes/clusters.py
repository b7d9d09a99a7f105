"""The clusters of this machine: created, found and removed by name."""

from __future__ import annotations

import builtins
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from testbed.host import HostError, locked, state_root
from testbed.images import Image, golang
from testbed.nodes import prepare, record
from testbed.nodes.bringup import BringUp, endpoint
from testbed.nodes.kind.kubectl import Kubectl
from testbed.nodes.network import routes
from testbed.nodes.registry import loading, mirror
from testbed.nodes.runtime import Runtime

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClusterInfo:
    """A cluster as it is. ``endpoint`` is reached from this machine and verifies against ``ca_certificate`` (PEM).

    ``phase``: PROVISIONING (being created, or a creation was killed: create again), RUNNING, STOPPED (nodes do
    not run) or ERROR (nodes are missing). Endpoint and CA are empty until the control plane stands.
    """

    name: str
    endpoint: str
    ca_certificate: str
    nodes: list[str] = field(default_factory=list)
    phase: str = "PROVISIONING"
    location: str = ""
    version: str = ""


class Clusters:
    """Methods may be called from several threads and processes at once; those on one cluster take turns."""

    def __init__(self, progress: Callable[[str], None] = logger.info, runtime: Runtime | None = None) -> None:
        self._progress = progress
        self._runtime = runtime or prepare.container_runtime()
        self._up = BringUp(self._runtime, progress)

    def create(
        self, name: str, *, location: str, node_count: int = 1, version: str | None = None,
        labels: Mapping[str, str] | None = None, secret_manager: Mapping[str, str] | None = None, network: str = "",
        dns_cache: bool = False, registry: Mapping[str, str] | None = None, google: Mapping[str, str] | None = None,
        preloaded: bool = True, private_address: str = "",
    ) -> ClusterInfo:  # fmt: skip
        """Bring the cluster up and wait until pods run; a creation that was killed is carried on.

        Takes about a minute with warm caches. A cluster that runs is returned at once. ``secret_manager`` has the
        fields of :class:`testbed.nodes.secret_manager.Settings`; without them there is no such add-on. Pods of clusters
        with the same ``network`` reach each other. ``dns_cache``: NodeLocal DNSCache, as the cluster is made.
        ``registry`` is how its nodes pull: the fields of :class:`testbed.nodes.registry.mirror.Mirror`. ``google`` is
        where pods find Google, and who they are there: see :mod:`testbed.nodes.metadata`. ``preloaded``: whether nodes
        have every image that is built here, or what GKE itself runs alone. ``private_address`` is one more that the API
        server's certificate names.
        """
        _check_version(name, version)
        with self._alone(name):
            if registry:
                mirror.write(record.folder(name), mirror.Mirror(**registry))
            known = record.load(name) or record.allocate(
                name,
                location,
                node_count,
                labels or {},
                secret_manager or {},
                network,
                dns_cache=dns_cache,
                google=google,
                preloaded=preloaded,
                private_address=private_address,
            )
            if (known.location, known.node_count) != (location, node_count):
                raise HostError(
                    f"cluster {name}: it is there in {known.location} with {known.node_count} node(s); "
                    f"delete it first to have it in {location} with {node_count}"
                )
            if record.phase(known, self._runtime.nodes(name)) != "RUNNING":
                self._up.run(known)
        found = self.get(name)
        if not found or found.phase != "RUNNING":
            raise HostError(f"cluster {name}: it did not stay up: {found.phase if found else 'gone'}")
        return found

    def set_secret_manager(self, name: str, settings: Mapping[str, str]) -> None:
        """Give a running cluster the Secret Manager add-on, change its settings, or take it away (no settings)."""
        with self._alone(name):
            known = record.load(name)
            if known is None or record.phase(known, self._runtime.nodes(name)) != "RUNNING":
                raise HostError(f"cluster {name}: it does not run, so its Secret Manager add-on cannot be changed")
            # Remembered first: a change that is killed is carried on when it is asked for again.
            known = record.save(replace(known, secret_manager=dict(settings)))
            self._up.change_secret_manager(known)

    def delete(self, name: str) -> None:
        """Remove the cluster and all that belongs to it; nothing happens if there is none."""
        with self._alone(name):
            if self._runtime.nodes(name):
                self._progress(f"{name}: delete")
            self._up.discard(name)
            record.forget(name)
        routes.connect(self._runtime)  # the address of a node that is gone may be another one's next

    def get(self, name: str) -> ClusterInfo | None:
        """The cluster as it is now, or None."""
        known = record.load(name)
        if not known:
            return None
        nodes = self._runtime.nodes(name)
        kubeconfig = record.kubeconfig_path(name)
        return ClusterInfo(
            name=name,
            endpoint=next((endpoint(node) for node in nodes if node.control_plane), ""),
            ca_certificate=record.authority(kubeconfig.read_text()) if kubeconfig.exists() else "",
            nodes=[node.name for node in nodes],
            phase=record.phase(known, nodes),
            location=known.location,
            version=known.version or golang.KUBERNETES_VERSION,
        )

    def token_issuer(self, name: str) -> tuple[str, tuple[Mapping[str, Any], ...]] | None:
        """Who signs the cluster's service account tokens, and the public keys (JSON web keys), by its API server."""
        kubeconfig = record.kubeconfig_path(name)
        if not kubeconfig.exists():
            return None
        api = Kubectl(kubeconfig)
        try:
            issuer = json.loads(api.run("get", "--raw=/.well-known/openid-configuration", timeout=20))["issuer"]
            return str(issuer), tuple(json.loads(api.run("get", "--raw=/openid/v1/jwks", timeout=20))["keys"])
        except HostError:
            return None

    def list(self) -> builtins.list[ClusterInfo]:
        """Every cluster, by name."""
        return [info for info in map(self.get, record.names()) if info]

    def repair(self) -> None:
        """Carry on every creation that was killed and start every cluster that stopped, all at once.

        Routes are made again in any case: a node that was restarted by others has lost its own.
        """
        broken = [info for info in self.list() if info.phase != "RUNNING"]
        with ThreadPoolExecutor() as pool:
            for _unused in pool.map(self._create_again, broken):
                pass
        routes.connect(self._runtime)

    def _create_again(self, info: ClusterInfo) -> None:
        known = record.load(info.name)
        if known:
            self.create(known.name, location=known.location, node_count=known.node_count, labels=known.labels)

    def load_images(self, wanted: Mapping[str, Image] | None = None) -> Sequence[str]:
        """Bring images (None: all that are built) into each running cluster that pulls none; return what came in."""
        chosen = loading.built() if wanted is None else wanted
        ours = {name for name in record.names() if (known := record.load(name)) and known.ready and known.preloaded}
        running = [node for node in self._runtime.nodes() if node.running and node.cluster in ours]
        return loading.load(self._runtime, running, chosen.values())

    def _alone(self, name: str) -> AbstractContextManager[None]:
        return locked(state_root() / "locks" / f"cluster-{name}")


def _check_version(name: str, version: str | None) -> None:
    """``version`` may be empty, ``latest``, 1.34, 1.34.4 or GKE's 1.34.4-gke.1."""
    served = golang.KUBERNETES_VERSION.removeprefix("v")
    asked = (version or "").removeprefix("v").partition("-")[0]
    if asked not in ("", "latest", served, served.rpartition(".")[0]):
        raise HostError(f"cluster {name}: version {version!r} is not served here; {served} is")
