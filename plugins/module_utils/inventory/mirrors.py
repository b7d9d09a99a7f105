# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where nodes pull others' images: registries' names, and the repositories that stand before them.

A cluster's mirrors are its variable ``platform_mirrors``: by a registry's name, such as docker.io, where its images are
pulled instead, such as europe-west1-docker.pkg.dev/my-project/docker-io.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Body = dict[str, Any]

# What is read of each cluster, once what it says of itself is right.
VARIABLES = ("platform_region", "platform_mirrors")
MIRROR = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)*")
ARTIFACT_REGISTRY = re.compile(
    r"(?P<location>[a-z]+(?:-[a-z]+[0-9]+)?)-docker\.pkg\.dev/"
    r"(?P<project>[a-z][a-z0-9-]{4,28}[a-z0-9])/(?P<name>[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)"
)
# The one registry that Artifact Registry knows by a name of its own; the others it is told the address of.
# https://cloud.google.com/artifact-registry/docs/repositories/remote-repo
PRESETS = {"docker.io": "DOCKER_HUB"}


def mirrored(image: str, mirrors: Mapping[str, str]) -> str:
    """The name under which nodes pull an image, or what is below a registry: its own where no mirror is declared.

    image: a full name such as docker.io/istio/pilot:1.31.0, or its beginning, such as docker.io/istio.
    """
    registry, slash, rest = image.partition("/")
    return f"{mirrors[registry]}/{rest}" if slash and registry in mirrors else image


def mirror_resources(
    mirrors: Sequence[Mapping[str, str]], project: str, readers: Sequence[str], scanning: str = "INHERITED"
) -> list[Body]:
    """The remote repositories among all clusters' mirrors, and who reads them; those of other projects are others'.

    mirrors: each cluster's. readers: IAM members. scanning: the API's ``enablementConfig``.
    """
    found = {
        (place["location"], place["name"]): registry
        for declared in mirrors
        for registry, mirror in declared.items()
        if (place := ARTIFACT_REGISTRY.fullmatch(mirror)) and place["project"] == project
    }
    return [
        # The same names in each region: keys of their own.
        {"kind": kind, "key": f"{kind}/{location}/{name}", "name": name, "location": location, **body}
        for (location, name), registry in found.items()
        for kind, body in {
            "repository": _repository(registry, scanning),
            "repository_iam": {
                "repository": name,
                "bindings": [{"role": "roles/artifactregistry.reader", "members": list(readers)}] if readers else [],
            },
        }.items()
    ]


def _repository(registry: str, scanning: str) -> Body:
    preset = PRESETS.get(registry)
    source = {"publicRepository": preset} if preset else {"customRepository": {"uri": f"https://{registry}"}}
    return {
        # What it keeps can be pulled again.
        "protection": False,
        "format": "DOCKER",
        "mode": "REMOTE_REPOSITORY",
        "description": f"What was pulled from {registry}",
        "remoteRepositoryConfig": {"dockerRepository": source},
        "vulnerabilityScanningConfig": {"enablementConfig": scanning},
    }


def invalid_mirrors(clusters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the mirrors of clusters, by their VARIABLES: a form, one repository for two registries, or a
    repository in the region of another cluster, without which this one could not start a pod."""
    regions = {values["platform_region"]: name for name, values in clusters.items()}
    behind: dict[str, str] = {}
    for cluster, values in clusters.items():
        mirrors = values.get("platform_mirrors") or {}
        if not isinstance(mirrors, Mapping):
            yield f'{cluster} platform_mirrors: found "{mirrors}", expected a dict of mirrors by the registry\'s name'
            continue
        for registry, mirror in mirrors.items():
            option = f"{cluster} platform_mirrors.{registry}: found "
            if not isinstance(mirror, str) or not MIRROR.fullmatch(mirror):
                yield f'{option}"{mirror}", expected a repository such as europe-docker.pkg.dev/my-project/docker-io'
                continue
            if behind.setdefault(mirror, registry) != registry:
                yield f'{option}"{mirror}", which stands for {behind[mirror]} already; expected one of its own'
            place = ARTIFACT_REGISTRY.fullmatch(mirror)
            other = regions.get(place["location"], cluster) if place else cluster
            if place and other != cluster:
                yield (
                    f"{option}a repository in {place['location']}, the region of {other}; "
                    f"expected one in {values['platform_region']} or in a continent's multi-region"
                )
