"""The add-on's driver and provider with a real API server: real tokens, the rights that the add-on has, no kubelet.

The driver mounts in a namespace of its own, so that nothing of it stays on the machine.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from testbed.cloud.backend import Issuer
from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.nodes.addons import secret_manager
from testbed.nodes.kind.kubectl import kubeconfig
from tests.support.addon import KINDS, PROGRAMS, call, started
from tests.support.apiserver import ApiServer, program, running
from tests.support.cloud import make
from tests.support.pods import POOL, PROVIDER, SECRETS, make_cluster, make_secret, principal

NODE, NAMESPACE, CLASS = "node1", "app", "probe"
TOKENS = "csi.storage.k8s.io/serviceAccount.tokens"

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not PROGRAMS.exists() or program() is None, reason="not built: make images"),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
]


@dataclass
class Node:
    """A node without a kubelet: the test publishes volumes."""

    cloud: RunningCloud
    api: ApiServer
    folder: Path
    driver: int = 0

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        command = [self.api.kubectl, f"--kubeconfig={self.api.kubeconfig}", *arguments]
        return subprocess.run(command, input=stdin, text=True, check=True, stdout=subprocess.PIPE).stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        self.kubectl("apply", "--server-side", "--filename=-", stdin=yaml.safe_dump_all(objects))

    def pod(self, name: str, account: str) -> str:
        """A pod's object; its uid."""
        attributes = {"secretProviderClass": CLASS}
        volume = {"driver": secret_manager.DRIVER, "readOnly": True, "volumeAttributes": attributes}
        spec = {"nodeName": NODE, "serviceAccountName": account, "containers": [{"name": "c", "image": "none"}],
                "volumes": [{"name": "secrets", "csi": volume}]}  # fmt: skip
        metadata = {"name": name, "namespace": NAMESPACE}
        self.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**metadata, "name": account}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec},
        )
        return self.kubectl("get", "pod", name, f"--namespace={NAMESPACE}", "--output=jsonpath={.metadata.uid}")

    def publish(self, name: str, account: str, audience: str = POOL) -> Path:
        """What the kubelet asks of the driver; where the volume's files are, as this process sees them."""
        uid = self.pod(name, account)
        token = self.kubectl("create", "token", account, f"--namespace={NAMESPACE}", f"--audience={audience}").strip()
        target = self.folder / "pods" / uid / "volumes" / "kubernetes.io~csi" / "secrets" / "mount"
        context = {
            "secretProviderClass": CLASS, "csi.storage.k8s.io/pod.name": name, "csi.storage.k8s.io/pod.uid": uid,
            "csi.storage.k8s.io/pod.namespace": NAMESPACE, "csi.storage.k8s.io/serviceAccount.name": account,
            TOKENS: json.dumps({POOL: {"token": token}}),
        }  # fmt: skip
        capability = KINDS["VolumeCapability"](mount=[KINDS["Empty"]()], access_mode=[KINDS["AccessMode"](mode=1)])
        entries = [KINDS["Entry"](key=key, value=value) for key, value in context.items()]
        request = KINDS["NodePublishVolumeRequest"](
            volume_id="v", target_path=str(target), volume_capability=[capability], readonly=1, volume_context=entries
        )
        call(self.folder / "csi.sock", "/csi.v1.Node/NodePublishVolume", request)
        return Path(f"/proc/{self.driver}/root{target}")

    def unpublish(self, files: Path) -> None:
        target = "/" + str(files).partition("/root/")[2]
        request = KINDS["NodeUnpublishVolumeRequest"](volume_id="v", target_path=target)
        call(self.folder / "csi.sock", "/csi.v1.Node/NodeUnpublishVolume", request)

    def add_version(self, payload: bytes) -> None:
        make(self.cloud, f"{SECRETS}/probe:addVersion", {"payload": {"data": base64.b64encode(payload).decode()}})


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    bundle, folder, backend = program(), tmp_path_factory.mktemp("node"), MemoryBackend(delay=0.01)
    assert bundle is not None
    with running_cloud(folder / "cloud", backend) as cloud, running(bundle) as api:
        made = Node(cloud, api, folder)
        issuer = json.loads(made.kubectl("get", "--raw=/.well-known/openid-configuration"))["issuer"]
        keys = json.loads(made.kubectl("get", "--raw=/openid/v1/jwks"))["keys"]
        backend.issuers["primary"] = Issuer(issuer, tuple(keys))
        make_cluster(cloud)
        make_secret(cloud, "probe", b"first")
        binding = {"role": "roles/secretmanager.secretAccessor", "members": [principal(NAMESPACE, "reader")]}
        make(cloud, f"{SECRETS}/probe:setIamPolicy", {"policy": {"bindings": [binding]}})
        settings = secret_manager.Settings(
            POOL, f"{PROVIDER}primary", "2s", cloud.endpoint, cloud.ca_file.read_text(encoding="ascii")
        )
        made.kubectl("apply", "--server-side", "--filename=-", stdin=secret_manager.kinds())
        made.apply(*secret_manager.objects(settings, "local:1"))
        latest = f"projects/{PROJECT}/secrets/probe/versions/latest"
        secrets = yaml.safe_dump([{"resourceName": latest, "path": "file"}])
        made.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {
                "apiVersion": "secrets-store.csi.x-k8s.io/v1",
                "kind": "SecretProviderClass",
                "metadata": {"name": CLASS, "namespace": NAMESPACE},
                "spec": {"provider": "gke", "parameters": {"secrets": secrets}},
            },
        )
        with both_programs(made, settings):
            yield made


@contextlib.contextmanager
def both_programs(node: Node, settings: secret_manager.Settings) -> Iterator[None]:
    """Driver and provider with the arguments of their containers, but for the places that are another here."""
    pod = secret_manager.daemon_set(settings, "local:1")["spec"]["template"]["spec"]
    driver, provider = (
        [
            PROGRAMS / container["command"][0].lstrip("/"),
            *(placed(argument, node.folder) for argument in container["args"]),
        ]
        for container in pod["containers"]
    )
    # with the rights of the add-on's service account, and no others
    token = node.kubectl("create", "token", pod["serviceAccountName"], "--namespace=kube-system").strip()
    authority = base64.b64encode(node.api.ca_certificate.encode()).decode()
    access = node.folder / "kubeconfig"
    access.touch(0o600)
    access.write_text(kubeconfig("c", node.api.endpoint, authority, token))
    (node.folder / "ca.pem").write_text(settings.authority)
    inside = ["unshare", "--mount", "--propagation=private", "--"]
    environment = {**os.environ, "KUBECONFIG": str(access)}
    with (
        started(provider, node.folder / "provider.log"),
        started([*inside, *driver], node.folder / "driver.log", environment) as node.driver,
    ):
        yield


def placed(argument: str, folder: Path) -> str:
    """An argument of a container, as it is outside of one."""
    name, _unused, value = argument.partition("=")
    if value.endswith("/csi.sock"):
        value = f"{'unix://' if value.startswith('unix:') else ''}{folder}/csi.sock"
    elif name in ("--provider-volume", "--providers", "--plugins"):
        value = str(folder)
    elif name == "--ca-file":
        value = str(folder / "ca.pem")
    return f"{name}={value}".replace("$(NODE)", NODE)


def test_the_bound_account_reads_and_sees_a_new_version_soon(node: Node) -> None:
    file = node.publish("reading", "reader") / "file"
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"first", 0o644)
    node.add_version(b"second")
    deadline = time.monotonic() + 30
    while file.read_bytes() != b"second":
        assert time.monotonic() < deadline, (node.folder / "driver.log").read_text()[-2000:]
        time.sleep(0.2)
    node.unpublish(file.parent)
    assert not file.exists()


@pytest.mark.parametrize(
    ("account", "audience", "says"),
    [
        ("stranger", POOL, "'secretmanager.versions.access' denied"),
        ("reader", "https://kubernetes.default.svc", "does not match the expected audience"),
    ],
)
def test_what_is_refused_leaves_nothing_mounted(node: Node, account: str, audience: str, says: str) -> None:
    mounts = Path(f"/proc/{node.driver}/mounts")
    before = mounts.read_text()
    with pytest.raises(grpc.RpcError) as refused:
        node.publish(f"refused-{account}", account, audience)
    assert "code = PermissionDenied" in refused.value.details()
    assert says in refused.value.details()
    assert mounts.read_text() == before
