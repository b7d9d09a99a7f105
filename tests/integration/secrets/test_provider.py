"""GKE's provider as the driver and the kubelet talk to it, against a local cloud that checks who asks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.host import cache_root
from testbed.images import golang
from testbed.nodes.secret_manager import DRIVER
from tests.support.cloud import make
from tests.support.pods import POOL, PROVIDER, SECRETS, Signer, make_cluster, make_secret, principal

PROGRAM = golang.BY_NAME["secrets-store"].output(cache_root()) / "gke-provider"
VERSION = f"projects/{PROJECT}/secrets/probe/versions/latest"
PAYLOAD = bytes(range(256))
TOKENS = "csi.storage.k8s.io/serviceAccount.tokens"

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="the provider is not built: make images")

FIELD = descriptor_pb2.FieldDescriptorProto
TEXT, BYTES, NUMBER = FIELD.TYPE_STRING, FIELD.TYPE_BYTES, FIELD.TYPE_INT32
# The driver's provider/v1alpha1/service.proto and the kubelet's pluginregistration/v1/api.proto, as far as used here.
MESSAGES: dict[str, list[tuple[str, int, Any]]] = {
    "MountRequest": [("attributes", 1, TEXT), ("secrets", 2, TEXT), ("target_path", 3, TEXT), ("permission", 4, TEXT)],
    "ObjectVersion": [("id", 1, TEXT), ("version", 2, TEXT)],
    "File": [("path", 1, TEXT), ("mode", 2, NUMBER), ("contents", 3, BYTES)],
    "MountResponse": [("object_version", 1, "ObjectVersion"), ("files", 3, "File")],
    "Empty": [],
    "PluginInfo": [("type", 1, TEXT), ("name", 2, TEXT), ("endpoint", 3, TEXT), ("versions", 4, TEXT)],
    "GetPluginInfoResponse": [("name", 1, TEXT)],
}


def messages() -> dict[str, Any]:
    """The messages' classes."""
    file = descriptor_pb2.FileDescriptorProto(name="used.proto", package="used", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            made = message.field.add(name=field, number=number, label=FIELD.LABEL_OPTIONAL)
            if isinstance(kind, str):
                made.type, made.type_name, made.label = FIELD.TYPE_MESSAGE, f".used.{kind}", FIELD.LABEL_REPEATED
            else:
                made.type = kind
    return dict(message_factory.GetMessages([file], descriptor_pool.DescriptorPool()))


KINDS = {name.rpartition(".")[2]: kind for name, kind in messages().items()}


def call(socket: Path, method: str, request: Any, answer: str) -> Any:
    with grpc.insecure_channel(f"unix:{socket}") as channel:
        reader = KINDS[answer].FromString
        way = channel.unary_unary(method, lambda made: made.SerializeToString(), reader)
        return way(request, timeout=30, wait_for_ready=True)


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


@contextlib.contextmanager
def started(*arguments: str, folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(10) == 0
        # Whatever happens, what is secret stays out of the log.
        said = (folder / "log").read_bytes()
        assert b"eyJ" not in said
        assert b"ya29" not in said


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
        with started(*arguments, folder=folder):
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
        with started(*arguments, folder=tmp_path):
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
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def test_the_driver_is_introduced_to_the_kubelet_once_it_answers(tmp_path: Path) -> None:
    socket, plugin = tmp_path / "csi.sock", tmp_path / f"{DRIVER}-reg.sock"
    arguments = [f"--providers={tmp_path}", f"--plugins={tmp_path}", f"--driver={DRIVER}", f"--driver-socket={socket}"]
    with started(*arguments, folder=tmp_path):
        assert eventually((tmp_path / "gke.sock").exists)
        assert not plugin.exists()
        with driver(socket, DRIVER):
            assert eventually(plugin.exists)
        info = call(plugin, "/pluginregistration.Registration/GetInfo", KINDS["Empty"](), "PluginInfo")
    assert (info.type, info.name, info.endpoint, info.versions) == ("CSIPlugin", DRIVER, str(socket), "1.0.0")
