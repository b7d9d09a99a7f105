"""Turns recipes into archives in the cache: what is there is kept, what is missing is built in order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from testbed.host import HostError, ensure_packages, locked, write_json
from testbed.images import containerfile, golang, oci, rootfs, scheduler, wheels
from testbed.images.golang import BY_NAME as MODULES
from testbed.images.progress import Display
from testbed.images.recipes import Recipe, reference
from testbed.images.scheduler import Reporter, Task

KEPT_ARCHIVES = 3  # of one image: checkouts and branches beside each other share the cache


@dataclass(frozen=True)
class Image:
    """A built image: ``archive`` is loaded by containerd, podman or Docker and names it ``reference``."""

    name: str
    reference: str
    archive: Path
    digest: str


@dataclass(frozen=True)
class Places:
    """Where an image's archive and the facts about it are."""

    archive: Path
    facts: Path

    @classmethod
    def of(cls, cache: Path, name: str, tag: str) -> Places:
        stem = cache / "images" / f"{name}-{tag}"
        return cls(Path(f"{stem}.tar"), Path(f"{stem}.json"))

    def image(self, name: str) -> Image | None:
        """The image, if it is there whole. The facts are written last."""
        try:
            facts = json.loads(self.facts.read_text())
        except FileNotFoundError:
            return None
        if not self.archive.exists():
            return None
        return Image(name, facts["reference"], self.archive, facts["digest"])

    def keep(self, name: str, full_name: str, partial_archive: Path, digest: str) -> Image:
        """Move a finished archive into its place."""
        partial_archive.replace(self.archive)
        write_json(self.facts, {"reference": full_name, "digest": digest})
        self._forget_old(full_name)
        return Image(name, full_name, self.archive, digest)

    def _forget_old(self, full_name: str) -> None:
        """Remove all but the newest archives of the image: each change of ping would leave one for good."""
        repository = full_name.rpartition(":")[0]
        facts = [path for path in self.facts.parent.glob("*.json") if _repository(path) == repository]
        for path in sorted(facts, key=lambda path: path.stat().st_mtime)[:-KEPT_ARCHIVES]:
            path.unlink(missing_ok=True)
            path.with_suffix(".tar").unlink(missing_ok=True)


def _repository(facts: Path) -> str:
    try:
        return str(json.loads(facts.read_text())["reference"]).rpartition(":")[0]
    except FileNotFoundError:  # another run has just removed it
        return ""


def tag_of(full_name: str) -> str:
    return full_name.rpartition(":")[2]


def chosen(names: Iterable[str] | None, recipes: Sequence[Recipe]) -> list[Recipe]:
    """The named recipes, for None all but the optional ones. An unknown name is an error that lists the known."""
    known = {recipe.name: recipe for recipe in recipes}
    if names is None:
        return [recipe for recipe in recipes if not recipe.optional]
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise HostError(f"no such image: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return [known[name] for name in wanted]


def plan(recipes: Sequence[Recipe], everything: Sequence[Recipe], cache: Path) -> list[Task]:
    """The tasks that the recipes still need; none for what is in the cache."""
    tasks: dict[str, Task] = {}
    for recipe in recipes:
        _plan_image(tasks, recipe, everything, cache)
    return list(tasks.values())


def _plan_image(tasks: dict[str, Task], recipe: Recipe, everything: Sequence[Recipe], cache: Path) -> set[str]:
    if existing(recipe, everything, cache):
        return set()
    needs = set()
    for name in recipe.modules():
        needs |= _add(tasks, go_task(MODULES[name], cache), MODULES[name].output(cache))
    for wheel in recipe.wheels():
        run = partial(_exclusive, cache, f"wheel-{wheel.name}", partial(wheels.build, wheel, cache))
        task = Task(f"{wheel.name} from its wheel", run, usual_seconds=wheel.usual_seconds)
        needs |= _add(tasks, task, wheel.output(cache))
    if recipe.base:
        needs |= _add(tasks, rootfs_task(recipe.base, cache), recipe.base.output(cache))
    if recipe.over:
        needs |= _plan_image(tasks, recipe.over, everything, cache)
    run = partial(_exclusive, cache, f"image-{recipe.name}", partial(make, recipe, everything, cache))
    task = Task(f"image {recipe.name}", run, frozenset(needs), recipe.usual_seconds)
    tasks.setdefault(task.name, task)
    return {task.name}


def program_tasks(names: Iterable[str], cache: Path) -> list[Task]:
    """The builds of Go modules that are missing."""
    return [go_task(MODULES[name], cache) for name in names if not MODULES[name].output(cache).exists()]


def go_task(module: golang.GoModule, cache: Path) -> Task:
    log = cache / "logs" / f"go-{module.name}.log"
    name = f"{module.name} {module.version.split('-')[0]} from its Go module"
    return Task(name, partial(golang.build, module, cache, log), usual_seconds=module.usual_seconds)


def rootfs_task(root: rootfs.RootFilesystem, cache: Path) -> Task:
    run = partial(_exclusive, cache, f"rootfs-{root.name}", partial(rootfs.build, root, cache))
    return Task(f"Debian root filesystem {root.name}", run, usual_seconds=root.usual_seconds)


def _add(tasks: dict[str, Task], task: Task, output: Path) -> set[str]:
    """Add the task unless its output is there; return what to wait for."""
    if output.exists():
        return set()
    tasks.setdefault(task.name, task)
    return {task.name}


def _exclusive(cache: Path, name: str, build: Callable[[Path], object]) -> None:
    """Let one process at a time do this; the others find it done."""
    log = cache / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with locked(cache / "locks" / name):
        build(log)


def existing(recipe: Recipe, everything: Sequence[Recipe], cache: Path) -> Image | None:
    return Places.of(cache, recipe.name, tag_of(reference(recipe, everything))).image(recipe.name)


def make(recipe: Recipe, everything: Sequence[Recipe], cache: Path, log: Path) -> Image:
    """Write the recipe's archive unless it is there; everything that it is made of is."""
    full_name = reference(recipe, everything)
    places = Places.of(cache, recipe.name, tag_of(full_name))
    found = places.image(recipe.name)
    if found:
        return found
    places.archive.parent.mkdir(parents=True, exist_ok=True)
    archive = places.archive.with_suffix(".partial")
    base = existing(recipe.over, everything, cache) if recipe.over else None
    if recipe.context and base:
        digest = containerfile.build(recipe.context, full_name, (base.reference, base.archive), archive, cache, log)
    else:
        digest = pack(recipe, full_name, archive, cache)
    return places.keep(recipe.name, full_name, archive, digest)


def pack(recipe: Recipe, full_name: str, archive: Path, cache: Path) -> str:
    """Write the archive of a recipe that is made of parts; return its manifest's digest."""
    layer = archive.with_suffix(".layer")
    layers = [recipe.base.output(cache)] if recipe.base else []
    if recipe.puts:
        oci.write_layer(layer, [
            oci.Entry(put.at, put.source.path(cache) if put.source else None, put.text, put.link, put.mode)
            for put in recipe.puts
        ])  # fmt: skip
        layers.append(layer)
    digests = oci.write_archive(archive, [oci.Content((full_name,), layers, recipe.runtime)])
    layer.unlink(missing_ok=True)
    return digests[full_name]


def run_tasks(tasks: Sequence[Task], reporter: Reporter | None = None) -> None:
    """Run them as wide as the machine is, shown on the terminal unless ``reporter`` listens."""
    if not tasks:
        return
    ensure_packages(["mmdebstrap", "ca-certificates", "util-linux"])
    jobs = os.cpu_count() or 1
    if reporter:
        scheduler.run(tasks, jobs, reporter)
        return
    with Display(len(tasks)) as display:
        scheduler.run(tasks, jobs, display)
