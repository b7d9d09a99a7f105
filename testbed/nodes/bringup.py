"""How a cluster comes up, step by step. Each step looks at what is there and does only what is missing."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from testbed import images
from testbed.host import HostError, run, state_root, write_whole
from testbed.images import golang, recipes
from testbed.images.catalog import catalog
from testbed.nodes import prepare, record
from testbed.nodes.addons import defaults, image_policy, node_local_dns, secret_manager
from testbed.nodes.image import build, nodetree
from testbed.nodes.kind import config
from testbed.nodes.kind.kubectl import Kubectl, kubeconfig
from testbed.nodes.metadata import names, objects
from testbed.nodes.network import cilium, routes
from testbed.nodes.record import Record
from testbed.nodes.registry import loading, mirror
from testbed.nodes.runtime import TIED, Node, Runtime

KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane"
API_PORT = 6443
API_SECONDS = 180
NETWORK_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class BringUp:
    """Brings clusters up in a container runtime; ``progress`` hears a line for each step."""

    runtime: Runtime
    progress: Callable[[str], None]

    def run(self, known: Record) -> None:
        """Everything from nothing (or from where it stopped) to a cluster whose pods run."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            network_images = pool.submit(images.build, loading.NETWORK_IMAGES)
            nodes = self.ensure_nodes(known)
            api = self.reach(known, nodes)
            # Its pods wait for the network. What kubeadm has it ask for, nodes here need for one more application.
            api.run("set", "resources", "deployment/coredns", "--namespace=kube-system", "--requests=cpu=10m")
            self.progress(f"{known.name}: network")
            self.install_network(known, nodes, api, network_images.result())
            workload_images = loading.built(known.preloaded)
            others = pool.submit(loading.load, self.runtime, nodes, workload_images.values())
            # the pool's kinds are registered by Cilium's operator once it runs
            api.apply(cilium.load_balancer_pool(known.addresses), within=NETWORK_SECONDS)
            api.rolled_out("kube-system", "daemonset/cilium", "deployment/coredns", timeout=NETWORK_SECONDS)
            api.run("wait", "node", "--all", "--for=condition=Ready", "--timeout=120s", timeout=150)
            known = self.connect(known, api)
            self.progress(f"{known.name}: images")
            others.result()
            # Nothing waits for it: autoscalers begin once it answers.
            api.apply(defaults.metrics_server(workload_images["metrics-server"].reference))
            if known.dns_cache:
                self.progress(f"{known.name}: NodeLocal DNSCache")
                api.apply(node_local_dns.upstream())
                api.apply(node_local_dns.objects(workload_images["coredns"].reference), within=NETWORK_SECONDS)
                api.rolled_out("kube-system", node_local_dns.DAEMON_SET, timeout=NETWORK_SECONDS)
            if known.google:
                self.progress(f"{known.name}: Google's names and the metadata server")
                self.install_google(known, api, workload_images)
            if known.secret_manager:
                self.progress(f"{known.name}: Secret Manager add-on")
                self.install_secret_manager(known, nodes, api)
        record.save(dataclasses.replace(known, ready=True))
        self.progress(f"{known.name}: ready")

    def ensure_nodes(self, known: Record) -> Sequence[Node]:
        """The cluster's nodes, running and joined; nodes that kubeadm did not finish on are made anew."""
        nodes = self.runtime.nodes(known.name)
        if not known.nodes or {node.identity for node in nodes} != set(known.nodes):
            if nodes:
                self.progress(f"{known.name}: remove the nodes of a creation that did not end")
            self.discard(known.name)
            try:
                self.create_nodes(known)
            except HostError:
                # a container of a killed creation may have appeared in between: once more, from nothing
                self.discard(known.name)
                self.create_nodes(known)
        else:
            for node in nodes:
                if not node.running:
                    self.progress(f"{known.name}: start {node.name}")
                    self.runtime.run("start", node.name)
        nodes = self.runtime.nodes(known.name)
        for node in nodes:
            self.runtime.execute(node.name, "sh", "-c", cilium.MOUNT_SCRIPT)
            self.runtime.execute(node.name, "ip", *routes.GUARD)
        return nodes

    def discard(self, name: str) -> None:
        """Remove the cluster's nodes, whole or not, and their volumes."""
        if self.runtime.nodes(name):
            self.kind("delete", "cluster", "--name", name)
        self.runtime.remove_volumes(name)

    def create_nodes(self, known: Record) -> None:
        """Start the nodes with kind and remember them once kubeadm has ended well on all."""
        prepare.prepare_host()
        prepare.link_programs()
        node_image = build.obtain(self.runtime, self.progress)
        self.runtime.ensure_network()
        loading.archives_folder().mkdir(parents=True, exist_ok=True)
        folder = record.folder(known.name)
        mirror.folder(folder).mkdir(parents=True, exist_ok=True)
        write_whole(folder / "access" / config.TOKEN_TABLE, config.token_table(record.access_token()), 0o600)
        local = config.LocalImages(nodetree.REPOSITORY, coredns_tag(), golang.KUBERNETES_VERSION)
        shape = config.ClusterShape(
            name=known.name, image=node_image.reference, location=known.location, nodes=known.node_count,
            addresses=known.addresses, token_folder=folder / "access", archives=loading.archives_folder(),
            registries=mirror.folder(folder), local_images=local if node_image.local else None,
            private_address=known.private_address,
        )  # fmt: skip
        self.progress(f"{known.name}: nodes")
        # --retain: kind would remove nodes by the cluster's name, those of a later try too
        arguments = ("create", "cluster", "--retain", "--config=-", f"--kubeconfig={folder / 'kind-kubeconfig'}")
        self.kind(*arguments, stdin=config.render(shape), log=folder / "create.log")
        # a client key with every right, which nothing here uses
        (folder / "kind-kubeconfig").unlink(missing_ok=True)
        if known.node_count > 1:
            # GKE counts nodes that take pods; kind does this by itself for a single node
            server = control_plane(self.runtime.nodes(known.name)).name
            self.runtime.execute(server, *KUBECTL, "taint", "nodes", server, f"{CONTROL_PLANE_TAINT}-")
        identities = tuple(node.identity for node in self.runtime.nodes(known.name))
        record.save(dataclasses.replace(known, nodes=identities, version=node_image.version))

    def reach(self, known: Record, nodes: Sequence[Node]) -> Kubectl:
        """Write the kubeconfig and wait for the API server to answer it."""
        server = control_plane(nodes)
        authority = self.runtime.execute(server.name, "cat", "/etc/kubernetes/pki/ca.crt")
        path = record.kubeconfig_path(known.name)
        encoded = base64.b64encode(authority.encode()).decode()
        write_whole(path, kubeconfig(known.name, endpoint(server), encoded, record.access_token()), 0o600)
        api = Kubectl(path)
        deadline = time.monotonic() + API_SECONDS
        while True:
            try:
                api.run("get", "--raw=/readyz", timeout=20)
            except HostError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return api

    def install_network(
        self, known: Record, nodes: Sequence[Node], api: Kubectl, built: Mapping[str, images.Image]
    ) -> None:
        """Cilium, from the images that were built here and the chart of its module."""
        loading.load(self.runtime, nodes, built.values())
        agent, operator = built["cilium"].reference, built["cilium-operator"].reference
        address = control_plane(nodes).address
        api.apply(cilium.render(cilium.values(known.name, address, agent, operator, known.dns_cache)))

    def connect(self, known: Record, api: Kubectl) -> Record:
        """Remember where the cluster's pods are, and make the ways between them and the pods of other clusters."""
        nodes = json.loads(api.run("get", "nodes", "--output=json"))["items"]
        ranges = {node["metadata"]["name"]: node["spec"]["podCIDR"] for node in nodes}
        known = record.save(dataclasses.replace(record.load(known.name) or known, pod_ranges=ranges))
        routes.connect(self.runtime)
        return known

    def change_secret_manager(self, known: Record) -> None:
        """The Secret Manager add-on of a running cluster as it is remembered, and nothing more of it."""
        api = Kubectl(record.kubeconfig_path(known.name))
        settings = secret_manager.Settings(**known.secret_manager) if known.secret_manager else None
        if settings:
            self.install_secret_manager(known, self.runtime.nodes(known.name), api)
        api.delete(secret_manager.superseded(settings))

    def install_secret_manager(self, known: Record, nodes: Sequence[Node], api: Kubectl) -> None:
        """GKE's Secret Manager add-on, built here if it was not.

        Nothing waits for it: the kubelet tries a mount again until the driver is there.
        """
        built = images.build([secret_manager.IMAGE])
        loading.load(self.runtime, nodes, built.values())
        settings = secret_manager.Settings(**known.secret_manager)
        api.apply(secret_manager.kinds())
        api.apply(secret_manager.objects(settings, built[secret_manager.IMAGE].reference))

    def install_google(self, known: Record, api: Kubectl, built: Mapping[str, images.Image]) -> None:
        """Names that lead pods to the local cloud, and a metadata server where they have an identity there."""
        gateway = str(urlsplit(known.google["endpoint"]).hostname)
        api.apply(names.objects(gateway, known.google["dns"]))
        if "image_policy" in known.google:
            server = control_plane(self.runtime.nodes(known.name)).name
            self.runtime.execute(server, "sh", "-c", image_policy.script(known.google["image_policy"]))
            api.apply([image_policy.webhook(known.google["image_policy"], known.google["authority"])])
        if "pool" in known.google:
            api.apply(objects.objects(known.google, built["toolbox"].reference, built["envoy"].reference))
            api.rolled_out(objects.NAMESPACE, f"daemonset/{objects.NAME}", timeout=NETWORK_SECONDS)

    def kind(self, *arguments: str, stdin: str | None = None, log: Path | None = None) -> None:
        """Run kind on our container runtime and network."""
        program = state_root() / "bin" / "kind"
        run([*TIED, program, *arguments], stdin=stdin, log=log, env=self.runtime.environment, timeout=900)


def control_plane(nodes: Sequence[Node]) -> Node:
    for node in nodes:
        if node.control_plane:
            return node
    raise HostError(f"no control plane among the nodes: {', '.join(node.name for node in nodes) or 'none'}")


def endpoint(server: Node) -> str:
    """The API server's address as this machine reaches it; empty while its node does not run."""
    return f"https://{server.address}:{API_PORT}" if server.address else ""


def coredns_tag() -> str:
    """The tag of the CoreDNS image that is built here: kubeadm is configured with it."""
    everything = catalog()
    recipe = next(recipe for recipe in everything if recipe.name == "coredns")
    return recipes.reference(recipe, everything).rpartition(":")[2]
