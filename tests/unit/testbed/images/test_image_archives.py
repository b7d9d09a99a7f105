"""An image archive: the same bytes for the same content, and what every engine reads in it."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from testbed.images.oci import Content, Entry, Runtime, architecture, blob_of, write_archive, write_layer


def members(path: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(path) as tar:
        return {member.name: member for member in tar}


def document(path: Path, name: str) -> Any:
    with tarfile.open(path) as tar:
        file = tar.extractfile(name)
        assert file
        return json.load(file)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "include").mkdir(parents=True)
    (root / "include" / "a.h").write_text("a")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "latest").symlink_to("run.sh")
    return root


def test_a_layer_is_the_same_whenever_and_in_whatever_order_it_is_written(tree: Path, tmp_path: Path) -> None:
    entries = [Entry("/opt/tree", source=tree), Entry("/etc/motd", text="hello"), Entry("/usr/bin/x", link="y")]
    write_layer(tmp_path / "one", entries)
    for path in tree.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    write_layer(tmp_path / "two", list(reversed(entries)))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_layer_holds_trees_texts_links_and_the_folders_that_lead_to_them(tree: Path, tmp_path: Path) -> None:
    write_layer(tmp_path / "layer", [
        Entry("/opt/tree", source=tree), Entry("/etc/motd", text="hello"), Entry("/usr/bin/x", link="y"),
        Entry("/data", mode=0o777),
    ])  # fmt: skip
    found = members(tmp_path / "layer")
    assert {name: (member.type, oct(member.mode), member.linkname) for name, member in found.items()} == {
        "data": (tarfile.DIRTYPE, "0o777", ""),
        "etc": (tarfile.DIRTYPE, "0o755", ""),
        "etc/motd": (tarfile.REGTYPE, "0o644", ""),
        "opt": (tarfile.DIRTYPE, "0o755", ""),
        "opt/tree": (tarfile.DIRTYPE, "0o755", ""),
        "opt/tree/include": (tarfile.DIRTYPE, "0o755", ""),
        "opt/tree/include/a.h": (tarfile.REGTYPE, "0o644", ""),
        "opt/tree/latest": (tarfile.SYMTYPE, "0o777", "run.sh"),
        "opt/tree/run.sh": (tarfile.REGTYPE, "0o755", ""),
        "usr": (tarfile.DIRTYPE, "0o755", ""),
        "usr/bin": (tarfile.DIRTYPE, "0o755", ""),
        "usr/bin/x": (tarfile.SYMTYPE, "0o777", "y"),
    }
    assert {(member.uid, member.gid, member.mtime) for member in found.values()} == {(0, 0, 0)}


def test_a_mode_that_is_given_wins_over_the_files_own(tmp_path: Path) -> None:
    (tmp_path / "envoy").write_text("")
    write_layer(tmp_path / "layer", [Entry("/envoy", source=tmp_path / "envoy", mode=0o755)])
    assert members(tmp_path / "layer")["envoy"].mode == 0o755


@pytest.fixture
def layers(tmp_path: Path) -> tuple[Path, Path]:
    base, top = tmp_path / "base", tmp_path / "top"
    write_layer(base, [Entry("/a", text="a")])
    write_layer(top, [Entry("/b", text="b")])
    return base, top


def test_an_archive_names_its_images_for_containerd_podman_and_docker(
    layers: tuple[Path, Path], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    runtime = Runtime(("/run",), ("--fast",), {"A": "1"}, user="7:7", folder="/w", stop_signal="SIGKILL")
    digests = write_archive(archive, [Content(("localhost/x:1",), layers, runtime)])

    (entry,) = document(archive, "index.json")["manifests"]
    assert entry["annotations"] == {
        "io.containerd.image.name": "localhost/x:1", "org.opencontainers.image.ref.name": "localhost/x:1",
    }  # fmt: skip
    assert digests == {"localhost/x:1": entry["digest"]}
    manifest = document(archive, f"blobs/{entry['digest'].replace(':', '/')}")
    assert [layer["digest"] for layer in manifest["layers"]] == [blob_of(layer).digest for layer in layers]
    config = document(archive, f"blobs/{manifest['config']['digest'].replace(':', '/')}")
    assert config["architecture"] == architecture()
    assert config["rootfs"]["diff_ids"] == [blob_of(layer).digest for layer in layers]
    assert config["config"] == {
        "Entrypoint": ["/run"], "Cmd": ["--fast"], "User": "7:7", "WorkingDir": "/w", "StopSignal": "SIGKILL",
        "Env": ["A=1", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    }  # fmt: skip
    (docker,) = document(archive, "manifest.json")
    assert docker["RepoTags"] == ["localhost/x:1"]
    assert {docker["Config"], *docker["Layers"]} <= set(members(archive))


def test_every_blob_is_what_its_name_says(layers: tuple[Path, Path], tmp_path: Path) -> None:
    write_archive(tmp_path / "archive", [Content(("localhost/x:1",), layers, Runtime())])
    with tarfile.open(tmp_path / "archive") as tar:
        blobs = [member for member in tar if member.name.startswith("blobs/sha256/")]
        assert len(blobs) == 4
        for blob in blobs:
            file = tar.extractfile(blob)
            assert file
            assert hashlib.sha256(file.read()).hexdigest() == blob.name.rpartition("/")[2]


def test_images_in_one_archive_share_their_layers(layers: tuple[Path, Path], tmp_path: Path) -> None:
    base, top = layers
    images = [Content(("localhost/x:1",), [base], Runtime()), Content(("localhost/y:1",), [base, top], Runtime())]
    digests = write_archive(tmp_path / "archive", images)
    with tarfile.open(tmp_path / "archive") as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    assert set(digests) == {"localhost/x:1", "localhost/y:1"}


def test_an_archive_is_the_same_bytes_each_time(layers: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_archive(tmp_path / name, [Content(("localhost/x:1",), layers, Runtime(("/a",)))])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
