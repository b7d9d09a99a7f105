"""What an image is made of: a root filesystem, things put over it, and how it starts. Data and digests only."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from testbed.images import wheels
from testbed.images.containerfile import Context
from testbed.images.golang import GoModule, module_source
from testbed.images.oci import Runtime
from testbed.images.rootfs import RootFilesystem

REPOSITORY = "localhost/pingpong"
# Raised when the archives' format changes, so that they are written again.
FORMAT = 1


class Source(Protocol):
    """Where something in an image comes from."""

    def identity(self) -> list[str]:
        """What decides its content; known before it is built."""

    def path(self, cache: Path) -> Path:
        """The file or folder, once it is built."""


@dataclass(frozen=True)
class Program:
    """A program built from a Go module."""

    module: GoModule
    name: str

    def identity(self) -> list[str]:
        return ["program", self.module.digest, self.name]

    def path(self, cache: Path) -> Path:
        return self.module.output(cache) / self.name


@dataclass(frozen=True)
class ModuleFile:
    """A file or folder of a Go module as published."""

    module: GoModule
    name: str

    def identity(self) -> list[str]:
        return ["module", self.module.path, self.module.version, self.name]

    def path(self, cache: Path) -> Path:
        return module_source(self.module) / self.name


@dataclass(frozen=True)
class WheelFile:
    """A file of a Python wheel."""

    wheel: wheels.Wheel
    name: str

    def identity(self) -> list[str]:
        return ["wheel", self.wheel.digest, self.name]

    def path(self, cache: Path) -> Path:
        return self.wheel.output(cache) / self.name


@dataclass(frozen=True)
class Put:
    """Place a source, a text or a link at an absolute path. ``mode`` None: as the source has it."""

    at: str
    source: Source | None = None
    text: str | None = None
    link: str | None = None
    mode: int | None = None

    def identity(self) -> list[Any]:
        return [self.at, self.source.identity() if self.source else None, self.text, self.link, self.mode]


@dataclass(frozen=True)
class Recipe:
    """An image written from parts, or built from a Containerfile (``context``) over another recipe (``over``).

    Images of one ``group`` share their tag, which all their recipes decide. An ``optional`` one is only built
    when it is named. ``loaded`` says that pods run it: the others are there to build from.
    """

    name: str
    version: str
    base: RootFilesystem | None = None
    puts: Sequence[Put] = ()
    runtime: Runtime = field(default_factory=Runtime)
    context: Context | None = None
    over: Recipe | None = None
    group: str = ""
    optional: bool = False
    loaded: bool = True
    usual_seconds: int = 5

    @property
    def digest(self) -> str:
        recipe = [
            FORMAT, platform.machine(), self.version, self.base.digest if self.base else None,
            [put.identity() for put in self.puts], self.runtime.config(),
        ]  # fmt: skip
        recipe += [part.digest for part in (self.context, self.over) if part]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]

    def modules(self) -> set[str]:
        """Names of the Go modules whose programs it holds."""
        return {put.source.module.name for put in self.puts if isinstance(put.source, Program)}

    def wheels(self) -> set[wheels.Wheel]:
        return {put.source.wheel for put in self.puts if isinstance(put.source, WheelFile)}


def reference(recipe: Recipe, catalog: Sequence[Recipe]) -> str:
    """The image's full name. The tag says the version for people and the content for programs."""
    digests = [other.digest for other in catalog if recipe.group and other.group == recipe.group] or [recipe.digest]
    content = hashlib.sha256(json.dumps(sorted(digests)).encode()).hexdigest()[:12]
    return f"{REPOSITORY}/{recipe.name}:{recipe.version.removeprefix('v')}-{content}"
