# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where images come from and where they go. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

# https://github.com/containers/image/blob/main/docs/containers-transports.5.md
TRANSPORTS = ("containers-storage", "dir", "docker", "docker-archive", "docker-daemon", "oci", "oci-archive")
_SOURCE = re.compile(rf"({'|'.join(TRANSPORTS)}):.+")
_DESTINATION = re.compile(
    r"(?P<host>[a-z][a-z0-9-]*-docker\.pkg\.dev)/[a-z][a-z0-9-]{4,28}[a-z0-9]/[a-z][a-z0-9-]{0,62}/"
    r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
)


@dataclass(frozen=True)
class Copy:
    """One image: ``source`` with its transport, ``destination`` with its tag, ``host`` the registry of it."""

    source: str
    destination: str
    host: str


def parse(images: Sequence[Mapping[str, Any]]) -> list[Copy]:
    """The option ``images``; an OptionError names what is malformed, or given twice."""
    copies: list[Copy] = []
    for n, image in enumerate(images):
        source, destination = str(image["source"]), str(image["destination"])
        if not _SOURCE.fullmatch(source):
            raise OptionError(
                f"images[{n}].source: found {source!r}, expected one of {', '.join(TRANSPORTS)} and a colon before a "
                "place, such as oci-archive:dist/ping-1.2.3.tar"
            )
        found = _DESTINATION.fullmatch(destination)
        if not found:
            raise OptionError(
                f"images[{n}].destination: found {destination!r}, expected an image of Artifact Registry with its tag, "
                "such as europe-docker.pkg.dev/my-project/images/ping:1.2.3"
            )
        if any(copy.destination == destination for copy in copies):
            raise OptionError(f"images[{n}].destination: found {destination!r} a second time")
        copies.append(Copy(source, destination, found["host"]))
    return copies


def refused(copy: Copy, live: str | None, desired: str) -> str:
    """Why an image that is there stays: nobody's version changes under its name."""
    return (
        f"images: {copy.destination} is {live} already, found {desired} in {copy.source}; a tag is never moved, give "
        "the new image a new one"
    )
