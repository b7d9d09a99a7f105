"""A small client of the registry protocol, and an image for it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import make

HOST = "europe-west1-docker.pkg.dev"
REPOSITORIES = f"/artifactregistry/v1/projects/{PROJECT}/locations/europe-west1/repositories"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NODES = f"{project_number(PROJECT)}-compute@developer.gserviceaccount.com"


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the registry's word."""
        return self.status, json.loads(self.body)["errors"][0]["code"]


def digest(data: bytes) -> str:
    """As registries name content."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def image(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Manifest, configuration and the one layer of an image."""
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(content)]}}
    ).encode()
    entries = [{"mediaType": kind, "size": len(data), "digest": digest(data)} for kind, data in (
        ("application/vnd.oci.image.config.v1+json", config), ("application/vnd.oci.image.layer.v1.tar", content)
    )]  # fmt: skip
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": entries[0], "layers": entries[1:]}
    return json.dumps(manifest).encode(), config, content


def archive(path: Path, content: bytes = b"layer") -> tuple[str, str]:
    """An image in a file, as skopeo names it, and its digest."""
    blobs = image(content)
    index = {
        "schemaVersion": 2,
        "manifests": [{"mediaType": MANIFEST, "size": len(blobs[0]), "digest": digest(blobs[0])}],
    }
    files = {f"blobs/sha256/{digest(blob).partition(':')[2]}": blob for blob in blobs}
    files |= {"index.json": json.dumps(index).encode(), "oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return f"oci-archive:{path}", digest(blobs[0])


def basic(token: str, user: str = "oauth2accesstoken") -> str:
    """The header of a login."""
    return f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"


def make_repository(cloud: RunningCloud, name: str = "images", **fields: Any) -> None:
    """A repository for images."""
    make(cloud, f"{REPOSITORIES}?repositoryId={name}", {"format": "DOCKER", **fields})


def grant(cloud: RunningCloud, resource: str, role: str | None, member: str = f"serviceAccount:{NODES}") -> None:
    """The one binding of a resource; none takes every binding away."""
    bindings = [{"role": role, "members": [member]}] if role else []
    make(cloud, f"{resource}:setIamPolicy", {"policy": {"bindings": bindings, "version": 1}})


@dataclass(frozen=True)
class Registry:
    """A client of one image; ``authorization`` is the header that it sends, none when it is empty."""

    cloud: RunningCloud
    authorization: str
    image: str = f"{PROJECT}/images/ping"
    base: str = ""
    host: str = HOST
    # As containerd says it to a mirror.
    namespace: str = ""

    def send(self, verb: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request below the registry's own root."""
        sent = {"Host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.authorization:
            sent["Authorization"] = self.authorization
        connection = self.cloud.connection()
        try:
            query = f"{'&' if '?' in path else '?'}ns={self.namespace}" if self.namespace else ""
            connection.request(verb, path + query, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        finally:
            connection.close()

    def push(self, content: bytes = b"layer", tag: str = "1") -> Answer:
        """Push an image of one layer; the first refusal, or what the manifest's upload was answered."""
        root = f"{self.base}/v2/{self.image}"
        manifest, *blobs = image(content)
        for blob in blobs:
            begun = self.send("POST", f"{root}/blobs/uploads/?mount={digest(blob)}&from=some/where/else", b"")
            if begun.status != 202:
                return begun
            place = begun.headers["location"]
            sent = self.send("PATCH", place, blob, Content_Type="application/octet-stream")
            if sent.status != 202:
                return sent
            place = sent.headers["location"]
            done = self.send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest(blob)}", b"")
            if done.status != 201:
                return done
        return self.send("PUT", f"{root}/manifests/{tag}", manifest, Content_Type=MANIFEST)

    def manifest(self, reference: str = "1", verb: str = "GET") -> Answer:
        """A manifest by tag or digest."""
        return self.send(verb, f"{self.base}/v2/{self.image}/manifests/{reference}", Accept=MANIFEST)

    def blob(self, content: bytes) -> Answer:
        """A layer."""
        return self.send("GET", f"{self.base}/v2/{self.image}/blobs/{digest(content)}")
