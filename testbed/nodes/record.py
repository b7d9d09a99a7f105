"""What is remembered of a cluster between runs: kept on disk, written whole, one folder a cluster."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed.host import locked, state_root, write_json
from testbed.nodes.network import addresses
from testbed.nodes.runtime import Node

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Record:
    """A cluster as asked for, and how far it has come.

    ``nodes`` are the containers on which kubeadm ended well, none before that; ``version`` is what they run.
    ``ready`` turns true when the network and everything else stands. ``secret_manager`` are that add-on's settings,
    empty where it is not asked for. ``dns_cache``: whether each node has a DNS cache. ``network`` is the VPC, and
    ``pod_ranges`` are those of the nodes, by their names, once they are known. ``google`` is where pods find Google, as
    :mod:`testbed.nodes.metadata` takes it. ``preloaded``: whether nodes have every image that is built here.
    ``private_address`` is one more that the API server's certificate names, empty for none.
    """

    name: str
    slot: int
    location: str
    node_count: int
    labels: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    nodes: tuple[str, ...] = ()
    ready: bool = False
    secret_manager: Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    pod_ranges: Mapping[str, str] = field(default_factory=dict)
    dns_cache: bool = False
    google: Mapping[str, str] = field(default_factory=dict)
    preloaded: bool = True
    private_address: str = ""

    @property
    def addresses(self) -> addresses.AddressPlan:
        return addresses.plan(self.slot)


def phase(record: Record, nodes: Sequence[Node]) -> str:
    """PROVISIONING, RUNNING, STOPPED or ERROR, from what is remembered and the nodes that there are."""
    if not record.ready:
        return "PROVISIONING"
    if {node.identity for node in nodes} != set(record.nodes):
        return "ERROR"
    return "RUNNING" if all(node.running for node in nodes) else "STOPPED"


def folder(name: str) -> Path:
    return state_root() / "clusters" / name


def kubeconfig_path(name: str) -> Path:
    return folder(name) / "kubeconfig"


def names() -> list[str]:
    """The clusters that are remembered."""
    return sorted(path.parent.name for path in (state_root() / "clusters").glob("*/cluster.json"))


def load(name: str) -> Record | None:
    try:
        facts = json.loads((folder(name) / "cluster.json").read_text())
    except FileNotFoundError:
        return None
    return Record(**facts | {"nodes": tuple(facts["nodes"])})


def save(record: Record) -> Record:
    write_json(folder(record.name) / "cluster.json", dataclasses.asdict(record))
    return record


def allocate(
    name: str, location: str, node_count: int, labels: Mapping[str, str], secret_manager: Mapping[str, str],
    network: str = "", *, dns_cache: bool = False, google: Mapping[str, str] | None = None,
    preloaded: bool = True, private_address: str = "",
) -> Record:  # fmt: skip
    """A new record with the lowest free slot; taken under a lock, so that two creations never share one."""
    with locked(state_root() / "locks" / "slots"):
        taken = [found.slot for found in map(load, names()) if found]
        slot = addresses.free_slot(taken)
        fresh = Record(
            name, slot, location, node_count, dict(labels), secret_manager=dict(secret_manager), network=network,
            dns_cache=dns_cache, google=dict(google or {}), preloaded=preloaded,
            private_address=private_address,
        )  # fmt: skip
        return save(fresh)


def forget(name: str) -> None:
    shutil.rmtree(folder(name), ignore_errors=True)


def access_token() -> str:
    """The access token that the local cloud and every API server take; made on first use, readable by its owner."""
    path = state_root() / "cloud" / "token"
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(state_root() / "locks" / "token"):
        if not path.exists():
            partial = path.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(TOKEN_BYTES))
            partial.rename(path)
        return path.read_text().strip()


def authority(kubeconfig: str) -> str:
    """The certificate authority of a kubeconfig, as PEM."""
    for line in kubeconfig.splitlines():
        key, _unused, value = line.strip().removeprefix("- ").partition(":")
        if key == "certificate-authority-data":
            return base64.b64decode(value.strip()).decode()
    raise ValueError("the kubeconfig has no certificate-authority-data")
