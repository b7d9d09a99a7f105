"""Container images, programs and charts of the local platform, made on this machine without a registry."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.host import cache_root, state_root
from testbed.images import tools
from testbed.images.builder import Image, chosen, existing, plan, program_tasks, run_tasks
from testbed.images.catalog import catalog
from testbed.images.scheduler import Reporter

__all__ = ["Image", "build", "built", "prepare"]


def build(names: Iterable[str] | None = None, progress: Reporter | None = None) -> dict[str, Image]:
    """Build what is missing of the named images (all but the optional ones for None); return them by name.

    ``progress`` hears of each step; without one, progress is shown on standard error.
    """
    everything = catalog()
    recipes = chosen(names, everything)
    run_tasks(plan(recipes, everything, cache_root()), progress)
    return {name: image for name, image in built().items() if name in {recipe.name for recipe in recipes}}


def built() -> dict[str, Image]:
    """The images that are in the cache, by name."""
    everything = catalog()
    found = {recipe.name: existing(recipe, everything, cache_root()) for recipe in everything}
    return {name: image for name, image in found.items() if image}


def prepare(names: Iterable[str] | None = None, progress: Reporter | None = None) -> dict[str, Image]:
    """Build images and the programs that drive the platform in one go, and fill the state folder.

    That is ``bin`` (kind, helm, kubectl), ``charts`` and ``images.json``. Returns the images by name.
    """
    cache, everything = cache_root(), catalog()
    programs = program_tasks(sorted({module for module, _unused in tools.PROGRAMS.values()}), cache)
    run_tasks([*programs, *plan(chosen(names, everything), everything, cache)], progress)
    images = built()
    tools.place_programs(cache, state_root())
    tools.place_charts(state_root(), images)
    tools.place_releases(state_root())
    tools.place_published(state_root(), images.values())
    tools.place_images(state_root(), images)
    return images
