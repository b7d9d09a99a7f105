"""GKE's provider as the driver and the kubelet talk to it, against a local cloud that checks who asks."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.nodes.addons.secret_manager import DRIVER
from tests.support.addon import KINDS, PROGRAMS, call, started
from tests.support.cloud import make
from tests.support.pods import POOL, PROVIDER, SECRETS, Signer, make_cluster, make_secret, principal

PROVIDER_PROGRAM = PROGRAMS / "gke-provider"
VERSION = f"projects/{PROJECT}/secrets/probe/versions/latest"
PAYLOAD = bytes(range(256))
TOKENS = "csi.storage.k8s.io/serviceAccount.tokens"

pytestmark = pytest.mark.skipif(not PROVIDER_PROGRAM.exists(), reason="the provider is not built: make images")


@dataclass
class Node:
    """The provider's sockets, the cloud that it asks, and what signs its pods' tokens."""

    cloud: RunningCloud
    signer: Signer
    folder: Path

    def mount(self, *secrets: dict[str, Any], token: str | None = None, **attributes: str) -> Any:
        tokens = {POOL: {"token": token or self.signer.token("app", "reader")}}
        sent = {"secrets": json.dumps(list(secrets)), TOKENS: json.dumps(tokens), **attributes}
        request = KINDS["MountRequest"](attributes=json.dumps(sent), secrets="{}", target_path="/x", permission="420")
        return call(self.folder / "gke.sock", "/v1alpha1.CSIDriverProvider/Mount", request, "MountResponse")

    def refused(self, *secrets: dict[str, Any], **options: Any) -> tuple[str, str]:
        with pytest.raises(grpc.RpcError) as caught:
            self.mount(*secrets, **options)
        return caught.value.code().name, caught.value.details()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder, signer = tmp_path_factory.mktemp("node"), Signer()
    backend = MemoryBackend(delay=0.01, issuers={"primary": signer.issuer})
    with running_cloud(folder / "cloud", backend) as cloud:
        make_cluster(cloud)
        make_secret(cloud, "probe", PAYLOAD)
        binding = {"role": "roles/secretmanager.secretAccessor", "members": [principal("app", "reader")]}
        make(cloud, f"{SECRETS}/probe:setIamPolicy", {"policy": {"bindings": [binding]}})
        arguments = [f"--providers={folder}", f"--endpoint={cloud.endpoint}", f"--ca-file={cloud.ca_file}",
                     f"--pool={POOL}", f"--identity-provider={PROVIDER}primary"]  # fmt: skip
        with started([PROVIDER_PROGRAM, *arguments], folder / "log"):
            yield Node(cloud, signer, folder)


def test_a_pod_gets_its_files(node: Node) -> None:
    answer = node.mount(
        {"resourceName": VERSION, "path": "one"}, {"resourceName": VERSION, "fileName": "deep/two", "mode": 256}
    )
    assert [(file.path, file.mode) for file in answer.files] == [("one", 0o644), ("deep/two", 0o400)]
    assert all(file.contents == PAYLOAD for file in answer.files)
    number = project_number(PROJECT)
    assert answer.object_version[0].id == VERSION
    assert answer.object_version[0].version == f"projects/{number}/secrets/probe/versions/1"


def test_another_service_account_is_refused_with_what_google_says(node: Node) -> None:
    code, says = node.refused({"resourceName": VERSION, "path": "one"}, token=node.signer.token("app", "other"))
    assert code == "PERMISSION_DENIED"
    assert f"'secretmanager.versions.access' denied for resource '{VERSION}'" in says


def test_one_refusal_means_no_file(node: Node) -> None:
    known, unknown = VERSION, VERSION.replace("probe", "nothing")
    code, _says = node.refused({"resourceName": known, "path": "a"}, {"resourceName": unknown, "path": "b"})
    assert code == "PERMISSION_DENIED"


def test_a_token_that_is_not_the_pods_is_refused(node: Node) -> None:
    wanted = {"resourceName": VERSION, "path": "one"}
    for token in (Signer().token("app", "reader"), node.signer.token("app", "reader", aud=["x"])):
        code, says = node.refused(wanted, token=token)
        assert (code, says.startswith("unable to obtain auth for mount: invalid_grant")) == ("PERMISSION_DENIED", True)
    assert node.refused(wanted, **{TOKENS: json.dumps({"other.svc.id.goog": {"token": "x"}})})[0] == "UNAUTHENTICATED"
    assert node.refused(wanted, **{TOKENS: ""})[0] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "wanted",
    [
        {"resourceName": VERSION, "path": "../out"},
        {"resourceName": VERSION, "path": "a/../../out"},
        {"resourceName": VERSION, "path": "/etc/passwd"},
        {"resourceName": VERSION},
        {"resourceName": f"{VERSION}/../../../x", "path": "one"},
        {"resourceName": "projects/p", "path": "one"},
        {"resourceName": VERSION, "path": "one", "extractJSONKey": "x"},
    ],
)
def test_what_it_does_not_understand_is_an_error(node: Node, wanted: dict[str, Any]) -> None:
    assert node.refused(wanted)[0] == "INVALID_ARGUMENT"
    assert node.refused({"resourceName": VERSION, "path": "one"}, auth="provider-adc")[0] == "INVALID_ARGUMENT"
    assert node.refused()[0] == "INVALID_ARGUMENT"


def test_a_disabled_version_says_so(node: Node) -> None:
    make(node.cloud, f"{SECRETS}/probe/versions/1:disable", {})
    try:
        code, says = node.refused({"resourceName": VERSION, "path": "one"})
        assert (code, "DISABLED" in says) == ("FAILED_PRECONDITION", True)
    finally:
        make(node.cloud, f"{SECRETS}/probe/versions/1:enable", {})


def test_a_server_of_another_authority_is_not_trusted(node: Node, tmp_path: Path) -> None:
    with running_cloud(tmp_path / "cloud") as other:
        arguments = [f"--providers={tmp_path}", f"--endpoint={node.cloud.endpoint}", f"--ca-file={other.ca_file}",
                     f"--pool={POOL}", f"--identity-provider={PROVIDER}primary"]  # fmt: skip
        with started([PROVIDER_PROGRAM, *arguments], tmp_path / "log"):
            code, says = Node(node.cloud, node.signer, tmp_path).refused({"resourceName": VERSION, "path": "one"})
    assert (code, "certificate" in says) == ("UNAVAILABLE", True)


@contextlib.contextmanager
def driver(socket: Path, name: str) -> Iterator[None]:
    """What the driver says of itself."""
    answer = KINDS["GetPluginInfoResponse"](name=name).SerializeToString()
    methods = {"GetPluginInfo": grpc.unary_unary_rpc_method_handler(lambda _request, _context: answer)}
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("csi.v1.Identity", methods)])
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60  # a busy machine starts programs slowly, and gRPC tries less and less often
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder with a short name: pytest's own leave no room in the 107 bytes of a socket's path."""
    with tempfile.TemporaryDirectory(prefix="node-") as folder:
        yield Path(folder)


def test_the_driver_is_introduced_to_the_kubelet_once_it_answers(tmp_path: Path, sockets: Path) -> None:
    socket, plugin = sockets / "csi.sock", sockets / f"{DRIVER}-reg.sock"
    arguments = [f"--providers={sockets}", f"--plugins={sockets}", f"--driver={DRIVER}", f"--driver-socket={socket}"]
    with started([PROVIDER_PROGRAM, *arguments], tmp_path / "log"):
        assert eventually((sockets / "gke.sock").exists)
        assert not plugin.exists()
        with driver(socket, DRIVER):
            assert eventually(plugin.exists)
        info = call(plugin, "/pluginregistration.Registration/GetInfo", KINDS["Empty"](), "PluginInfo")
    assert (info.type, info.name, info.endpoint, info.versions) == ("CSIPlugin", DRIVER, str(socket), "1.0.0")
