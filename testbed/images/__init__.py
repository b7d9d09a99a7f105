"""Container images, programs and charts of the local platform, made on this machine without a registry."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.host import cache_root
from testbed.images.builder import Image, chosen, existing, plan, run_tasks
from testbed.images.catalog import catalog
from testbed.images.scheduler import Reporter

__all__ = ["Image", "build"]


def build(names: Iterable[str] | None = None, progress: Reporter | None = None) -> dict[str, Image]:
    """Build what is missing of the named images (all of them for None) and return them by name.

    ``progress`` hears of each step; without one, progress is shown on standard error.
    """
    cache = cache_root()
    everything = catalog()
    recipes = chosen(names, everything)
    run_tasks(plan(recipes, everything, cache), progress)
    found = {recipe.name: existing(recipe, everything, cache) for recipe in recipes}
    return {name: image for name, image in found.items() if image}
