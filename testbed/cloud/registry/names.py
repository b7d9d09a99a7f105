"""What a request of the registry protocol is for: pure text. https://distribution.github.io/distribution/spec/api/"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from testbed.cloud.published.images import REGISTRIES

Action = Literal["pull", "push", "delete"]

HOST = re.compile(r"(?P<location>[a-z]+(?:-[a-z]+[0-9]+)?)-docker\.pkg\.dev")
# For clients that reach this server under another name: containerd says in `ns` which registry its mirror stands for.
# https://github.com/containerd/containerd/blob/main/docs/hosts.md
PREFIX = re.compile(r"/registry(?=/v2(?:/|$))")
UPLOADS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
PUTS = ("PUT",)
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = (
    r"(?P<project>[a-z][a-z0-9-]{4,28}[a-z0-9])/(?P<repository>[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)/"
    rf"(?P<image>{COMPONENT}(?:/{COMPONENT})*)"
)
PATH = re.compile(
    rf"/v2/{NAME}/(?:manifests/(?P<reference>[A-Za-z0-9_][A-Za-z0-9._:-]*)|(?P<uploads>blobs/uploads/[A-Za-z0-9_=-]*)"
    r"|blobs/[a-z0-9]+:[0-9a-f]+|(?P<tags>tags/list))"
)
SCOPE = re.compile(rf"repository:{NAME}:(?P<actions>[a-z,*]+)")


@dataclass(frozen=True)
class Place:
    """Where a request goes: ``path`` below a registry; ``base`` precedes it in what is answered.

    ``location`` is that of Artifact Registry's host, empty for the registry of an upstream.
    """

    host: str
    location: str
    base: str
    path: str


@dataclass(frozen=True)
class Repository:
    """A repository by its name in Artifact Registry."""

    project: str
    location: str
    name: str

    @property
    def path(self) -> str:
        """As the API names it."""
        return f"projects/{self.project}/locations/{self.location}/repositories/{self.name}"


@dataclass(frozen=True)
class Asked:
    """A checked request; ``tag`` is the one that a manifest is put under, if it is."""

    repository: Repository
    image: str
    action: Action
    rest: str
    tag: str = ""
    lists_tags: bool = False

    @property
    def pulled(self) -> str:
        """The tag or digest of the manifest that is pulled; empty for anything else."""
        return self.rest.removeprefix("/manifests/") if self.action == "pull" and "/manifests/" in self.rest else ""

    @property
    def scope(self) -> str:
        """As a challenge names it."""
        wants = "pull" if self.action == "pull" else "pull,push" if self.action == "push" else "delete"
        return f"repository:{self.repository.project}/{self.repository.name}/{self.image}:{wants}"


def locate(host: str, path: str, namespace: str = "") -> Place | None:
    """The registry that a request is for, by its host, or below ``/registry`` by ``namespace``; None for none."""
    base = ""
    if prefix := PREFIX.match(path):
        host, base, path = namespace, prefix[0], path[prefix.end() :]
    host = host.partition(":")[0]
    if host in REGISTRIES:
        return Place(host, "", base, path)
    found = HOST.fullmatch(host)
    return Place(host, found["location"], base, path) if found else None


def parse(place: Place, verb: str) -> Asked | None:
    """What is asked of which image; None for what the protocol does not have."""
    found = PATH.fullmatch(place.path)
    if found is None:
        return None
    action: Action = "pull"
    if verb in (UPLOADS if found["uploads"] else PUTS if found["reference"] else ()):
        action = "push"
    elif verb == "DELETE" and not found["tags"]:
        action = "delete"
    elif verb not in ("GET", "HEAD"):
        return None
    reference = found["reference"] or ""
    return Asked(
        Repository(found["project"], place.location, found["repository"]),
        found["image"],
        action,
        place.path[found.end("image") :],
        tag=reference if verb == "PUT" and ":" not in reference else "",
        lists_tags=bool(found["tags"]),
    )


def scoped(location: str, scope: str) -> list[tuple[Repository, Action]]:
    """What a token is asked for: https://distribution.github.io/distribution/spec/auth/scope/"""
    asked: list[tuple[Repository, Action]] = []
    for item in scope.split():
        if found := SCOPE.fullmatch(item):
            repository = Repository(found["project"], location, found["repository"])
            actions = found["actions"].split(",")
            asked += [(repository, action) for action in ("pull", "push", "delete") if {action, "*"} & {*actions}]
    return asked
