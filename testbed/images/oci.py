"""Image archives: written straight from layers, with no engine, the same bytes for the same content.

An archive is an OCI image layout in a tar, with Docker's ``manifest.json`` beside it, so that containerd,
podman, buildah and Docker all load it. Layers are not compressed: they are read from this disk only.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
CREATED = "2023-11-14T22:13:20Z"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Entry:
    """One thing in a layer at the absolute path ``at``: a file's or a whole folder's copy, a text or a link."""

    at: str
    source: Path | None = None
    text: str | None = None
    link: str | None = None
    mode: int | None = None


@dataclass(frozen=True)
class Runtime:
    """How a container of the image starts."""

    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    folder: str = ""
    stop_signal: str = ""

    def config(self) -> dict[str, Any]:
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **self.environment}
        config: dict[str, Any] = {"Env": [f"{name}={value}" for name, value in sorted(environment.items())]}
        known = {"Entrypoint": list(self.entrypoint), "Cmd": list(self.command)}
        config |= {key: value for key, value in known.items() if value}
        plain = {"User": self.user, "WorkingDir": self.folder, "StopSignal": self.stop_signal}
        return config | {key: value for key, value in plain.items() if value}


@dataclass(frozen=True)
class Content:
    """An image: layers as tar files from the lowest up, how it starts, and its full references."""

    references: Sequence[str]
    layers: Sequence[Path]
    runtime: Runtime


@dataclass(frozen=True)
class Blob:
    digest: str
    size: int


def write_layer(target: Path, entries: Iterable[Entry]) -> None:
    """Write a layer with the entries and the folders that lead to them, all owned by root, in path order."""
    members: dict[str, tuple[tarfile.TarInfo, Path | bytes | None]] = {}
    for entry in entries:
        for parent in list(Path(entry.at).parents)[-2::-1]:
            members.setdefault(_member(str(parent)), (_folder(str(parent)), None))
        if entry.source is not None and entry.source.is_dir():
            _add_tree(members, entry.source, entry.at)
        else:
            info, content = _leaf(entry)
            members[info.name] = (info, content)
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for _unused, (info, content) in sorted(members.items()):
            if isinstance(content, Path):
                with content.open("rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info, None if content is None else io.BytesIO(content))


def _leaf(entry: Entry) -> tuple[tarfile.TarInfo, Path | bytes | None]:
    info = tarfile.TarInfo(_member(entry.at))
    if entry.link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
        return info, None
    if entry.source is not None:
        info.size = entry.source.stat().st_size
        info.mode = entry.mode or (0o755 if entry.source.stat().st_mode & 0o100 else 0o644)
        return info, entry.source
    if entry.text is None:
        return _folder(entry.at, entry.mode or 0o755), None
    content = entry.text.encode()
    info.size, info.mode = len(content), entry.mode or 0o644
    return info, content


def _add_tree(members: dict[str, tuple[tarfile.TarInfo, Path | bytes | None]], source: Path, at: str) -> None:
    members[_member(at)] = (_folder(at), None)
    for path in sorted(source.rglob("*")):
        inside = f"{at}/{path.relative_to(source)}"
        if path.is_symlink():
            info, content = _leaf(Entry(inside, link=str(path.readlink())))
        elif path.is_dir():
            info, content = _folder(inside), None
        else:
            info, content = _leaf(Entry(inside, source=path))
        members[info.name] = (info, content)


def _folder(at: str, mode: int = 0o755) -> tarfile.TarInfo:
    info = tarfile.TarInfo(_member(at))
    info.type, info.mode = tarfile.DIRTYPE, mode
    return info


def _member(at: str) -> str:
    return at.strip("/")


def blob_of(path: Path) -> Blob:
    """A file's digest and size."""
    with path.open("rb") as file:
        return Blob(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}", path.stat().st_size)


def write_archive(target: Path, images: Sequence[Content]) -> dict[str, str]:
    """Write the images into one archive, each layer once; return each reference's manifest digest."""
    digests: dict[str, str] = {}
    index: list[dict[str, Any]] = []
    docker: list[dict[str, Any]] = []
    written: set[str] = set()
    known: dict[Path, Blob] = {}
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for image in images:
            layers = [known.setdefault(path, known.get(path) or blob_of(path)) for path in image.layers]
            for path, blob in zip(image.layers, layers, strict=True):
                if blob.digest not in written:
                    written.add(blob.digest)
                    with path.open("rb") as file:
                        tar.addfile(_plain(_blob_name(blob.digest), blob.size), file)
            config = _add_json(tar, written, config_of(image.runtime, [layer.digest for layer in layers]))
            manifest = _add_json(tar, written, manifest_of(config, layers))
            for reference in image.references:
                digests[reference] = manifest.digest
                names = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": reference}
                index.append({**_descriptor(MANIFEST, manifest), "annotations": names})
            docker.append({
                "Config": _blob_name(config.digest), "RepoTags": list(image.references),
                "Layers": [_blob_name(layer.digest) for layer in layers],
            })  # fmt: skip
        _add_text(tar, "index.json", _json({"schemaVersion": 2, "manifests": index}))
        _add_text(tar, "manifest.json", _json(docker))
        _add_text(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
    return digests


def architecture() -> str:
    """This machine's kind, as images name it."""
    machine = platform.machine()
    return ARCHITECTURES.get(machine, machine)


def config_of(runtime: Runtime, layers: Sequence[str]) -> dict[str, Any]:
    return {
        "created": CREATED, "architecture": architecture(), "os": "linux", "config": runtime.config(),
        "rootfs": {"type": "layers", "diff_ids": list(layers)},
        "history": [{"created": CREATED} for _unused in layers],
    }  # fmt: skip


def manifest_of(config: Blob, layers: Sequence[Blob]) -> dict[str, Any]:
    return {
        "schemaVersion": 2, "mediaType": MANIFEST, "config": _descriptor(CONFIG, config),
        "layers": [_descriptor(LAYER, layer) for layer in layers],
    }  # fmt: skip


def _descriptor(media_type: str, blob: Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _plain(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def _add_text(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_plain(name, len(content)), io.BytesIO(content))


def _add_json(tar: tarfile.TarFile, written: set[str], value: object) -> Blob:
    content = _json(value)
    blob = Blob(f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))
    if blob.digest not in written:
        written.add(blob.digest)
        _add_text(tar, _blob_name(blob.digest), content)
    return blob
