"""The Secret Manager add-on's programs, and their sockets without generated code."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from testbed.host import cache_root
from testbed.images import golang

PROGRAMS = golang.BY_NAME["secrets-store"].output(cache_root())

FIELD = descriptor_pb2.FieldDescriptorProto
TEXT, BYTES, NUMBER = FIELD.TYPE_STRING, FIELD.TYPE_BYTES, FIELD.TYPE_INT32
# The driver's provider/v1alpha1/service.proto, the kubelet's pluginregistration/v1/api.proto and csi.proto, as far as
# used here. Maps, and messages in messages, are repeated fields: on the wire it is the same.
MESSAGES: dict[str, list[tuple[str, int, Any]]] = {
    "MountRequest": [("attributes", 1, TEXT), ("secrets", 2, TEXT), ("target_path", 3, TEXT), ("permission", 4, TEXT)],
    "ObjectVersion": [("id", 1, TEXT), ("version", 2, TEXT)],
    "File": [("path", 1, TEXT), ("mode", 2, NUMBER), ("contents", 3, BYTES)],
    "MountResponse": [("object_version", 1, "ObjectVersion"), ("files", 3, "File")],
    "Empty": [],
    "Entry": [("key", 1, TEXT), ("value", 2, TEXT)],
    "AccessMode": [("mode", 1, NUMBER)],
    "VolumeCapability": [("mount", 2, "Empty"), ("access_mode", 3, "AccessMode")],
    "NodePublishVolumeRequest": [
        ("volume_id", 1, TEXT),
        ("target_path", 4, TEXT),
        ("volume_capability", 5, "VolumeCapability"),
        ("readonly", 6, NUMBER),
        ("volume_context", 8, "Entry"),
    ],
    "NodeUnpublishVolumeRequest": [("volume_id", 1, TEXT), ("target_path", 2, TEXT)],
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


def call(socket: Path, method: str, request: Any, answer: str = "Empty") -> Any:
    """One call of a server at a unix socket, which may still be on its way there."""
    with grpc.insecure_channel(f"unix:{socket}") as channel:
        reader = KINDS[answer].FromString
        way = channel.unary_unary(method, lambda made: made.SerializeToString(), reader)
        return way(request, timeout=30, wait_for_ready=True)


@contextlib.contextmanager
def started(command: list[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A program as long as the test; its process id. It ends when it is told, and has kept its secrets."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield process.pid
    finally:
        process.terminate()
        ended, said = process.wait(10), log.read_bytes()
        assert ended == 0, said.decode(errors="replace")[-2000:]
        # Whatever happens, what is secret stays out of the log.
        assert b"eyJ" not in said
        assert b"ya29" not in said
