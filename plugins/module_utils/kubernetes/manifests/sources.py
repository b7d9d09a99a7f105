# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Load the manifests of a task: objects, files, charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import load_all
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.charts import (
    default_cache,
    hook_of,
    render,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.objects import (
    SourcedObject,
    flatten,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import label

_SUFFIXES = (".yaml", ".yml", ".json")


class Manifests(NamedTuple):
    """The objects, with where they came from, and what users should know of what is not among them."""

    objects: list[SourcedObject]
    warnings: list[str]


def load_manifests(args: Mapping[str, Any], server_version: Callable[[], str]) -> Manifests:
    """Everything that the options ``objects``, ``files`` and ``charts`` hold, without the charts' hooks.

    ``server_version`` is called once when a chart does not say for which version of Kubernetes it is rendered.
    """
    given = [SourcedObject(f"objects[{place}]", obj) for place, obj in enumerate(args.get("objects") or [])]
    given += _files(args.get("files") or [])
    rendered = _charts(args.get("charts") or [], str(args.get("helm") or "helm"), server_version)
    given += [item for item in rendered if not hook_of(item.obj)]
    return Manifests(flatten(given), _hook_warnings(item for item in rendered if hook_of(item.obj)))


def _hook_warnings(hooks: Iterable[SourcedObject]) -> list[str]:
    """A sentence a chart: its hooks are nobody's to run, as what is applied is what stays."""
    found: dict[str, list[str]] = {}
    for item in hooks:
        found.setdefault(item.source, []).append(f"{label(item.obj)} ({hook_of(item.obj)})")
    return [f"{source}: hooks are left out, run what they do yourself: {', '.join(of)}" for source, of in found.items()]


def _files(paths: Iterable[str]) -> Iterator[SourcedObject]:
    for given in paths:
        path = Path(given).expanduser()
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
            if not found:
                raise OptionError(f"files: {given} is a folder without any of *{', *'.join(_SUFFIXES)}")
        elif path.is_file():
            found = [path]
        else:
            raise OptionError(f"files: {given} does not exist")
        for file in found:
            yield from _documents(file)


def _documents(file: Path) -> Iterator[SourcedObject]:
    try:
        documents = load_all(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OptionError(f"files: {file}: {error}") from None
    except OSError as error:
        raise OptionError(f"files: {file} cannot be read: {error.strerror}") from None
    for place, document in enumerate(documents, 1):
        yield SourcedObject(f"files: {file}, document {place}", document)


def _charts(charts: list[dict[str, Any]], helm: str, server_version: Callable[[], str]) -> list[SourcedObject]:
    if not charts:
        return []
    if not all(chart.get("kube_version") for chart in charts):
        # helm's own default is the version that it was built with, which no cluster needs to have.
        version = server_version()
        charts = [chart | {"kube_version": chart.get("kube_version") or version} for chart in charts]
    cache = default_cache()
    # helm is a process of its own: two at a time use the cores, more only memory.
    with ThreadPoolExecutor(min(len(charts), 2)) as pool:
        rendered = pool.map(lambda chart: render(chart, helm, cache=cache), charts)
    return [
        SourcedObject(f"charts: {chart['name']}", obj, str(chart.get("namespace") or ""))
        for chart, objects in zip(charts, rendered, strict=True)
        for obj in objects
    ]
