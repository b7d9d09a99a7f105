"""Images as upstreams' registries have them: archives that were built here, under their upstreams' names."""

from __future__ import annotations

import asyncio
import json
import tarfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

REGISTRIES = frozenset({"docker.io", "ghcr.io", "quay.io", "registry.k8s.io"})
PIECE = 1024 * 1024


@dataclass(frozen=True)
class Blob:
    """A part of an archive, which is read from there: nothing is unpacked."""

    path: Path
    offset: int
    size: int

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            left = self.size
            while left:
                piece = await asyncio.to_thread(file.read, min(left, PIECE))
                left -= len(piece)
                yield piece


@dataclass(frozen=True)
class Published:
    """An image: its manifest, and its configuration and layers by their digests."""

    manifest: bytes
    digest: str
    media_type: str
    blobs: Mapping[str, Blob]


@dataclass(frozen=True)
class Images:
    """``file`` names the archive of each image, by its full name such as ``docker.io/istio/pilot:1.31.0``."""

    file: Path

    def find(self, name: str, reference: str) -> Published | None:
        """The image of a name without its tag, by tag or digest; None for what was never published."""
        tags = self._tags(name)
        if ":" not in reference:
            return _read(tags[reference]) if reference in tags else None
        return next((image for image in map(_read, tags.values()) if image.digest == reference), None)

    def blob(self, name: str, digest: str) -> Blob | None:
        """A configuration or layer of an image of this name."""
        found = (image.blobs.get(digest) for image in map(_read, self._tags(name).values()))
        return next((blob for blob in found if blob), None)

    def _tags(self, name: str) -> dict[str, Path]:
        try:
            archives: dict[str, str] = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        named = ((*known.rpartition(":"), archive) for known, archive in archives.items())
        return {tag: Path(archive) for known, _colon, tag, archive in named if known == name}


def _read(archive: Path) -> Published:
    """The first image of an archive in the form of an OCI layout, whose blobs are not compressed as files."""
    with tarfile.open(archive) as tar:
        blobs = {
            member.name.removeprefix("blobs/").replace("/", ":"): Blob(archive, member.offset_data, member.size)
            for member in tar.getmembers()
            if member.name.startswith("blobs/")
        }
        described = json.loads(_text(tar, "index.json"))["manifests"][0]
        body = _text(tar, f"blobs/{described['digest'].replace(':', '/')}")
    used = [entry["digest"] for entry in (json.loads(body)["config"], *json.loads(body)["layers"])]
    return Published(body, described["digest"], described["mediaType"], {digest: blobs[digest] for digest in used})


def _text(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise ValueError(f"{name}: expected a file in the archive")
    return file.read()
