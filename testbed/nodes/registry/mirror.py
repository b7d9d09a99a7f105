"""Where nodes pull what they have not: containerd's mirror for every registry is the local cloud.

It serves Artifact Registry's hosts, to the account that nodes run as, and what upstreams publish, to anybody.
https://github.com/containerd/containerd/blob/main/docs/hosts.md
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from testbed.host import write_whole

# In the node, read-only.
FOLDER = "/etc/containerd/certs.d"
AUTHORITY = "authority.pem"
# For containerd before 2.0, whose default has no such folder.
PATCH = f"""[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{FOLDER}"
"""


@dataclass(frozen=True)
class Mirror:
    """``endpoint`` is the mirror's URL, ``authority`` whom to trust (PEM), ``token`` the nodes' access token."""

    endpoint: str
    authority: str
    token: str


def folder(cluster: Path) -> Path:
    """On this machine: what every node of a cluster mounts."""
    return cluster / "registry"


def write(cluster: Path, mirror: Mirror) -> None:
    """Into the cluster's folder, for its owner alone; a pull sees it at once."""
    write_whole(folder(cluster) / "_default" / AUTHORITY, mirror.authority, 0o600)
    write_whole(folder(cluster) / "_default" / "hosts.toml", hosts(mirror), 0o600)


def hosts(mirror: Mirror) -> str:
    """containerd's hosts.toml. JSON's strings are TOML's."""
    host = json.dumps(f"{mirror.endpoint}/v2")
    return f"""[host.{host}]
  capabilities = ["pull", "resolve"]
  override_path = true
  ca = {json.dumps(f"{FOLDER}/_default/{AUTHORITY}")}
  [host.{host}.header]
    authorization = {json.dumps(f"Bearer {mirror.token}")}
"""
