# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Charts to objects by ``helm template``: values on standard input, results cached by content."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import load_all
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.programs import run_program
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import is_secret, redact_text
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Objects

TIMEOUT = 300.0
_CACHE_FORMAT = 1
# Anything else is a range, such as ~1.2 or 1, in which a newer chart may appear.
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][-+.0-9A-Za-z]+)?")
_SHOWN = 2000
_SECRET_WORDS = ("password", "passwd", "secret", "token", "key", "credential")


def render(chart: Mapping[str, Any], helm: str, *, cache: Path | None = None) -> Objects:
    """The objects of a chart: ``name``, ``chart`` (folder, archive, name or oci:// reference), ``namespace`` and
    optionally ``repository``, ``version``, ``values``, ``include_crds``, ``kube_version``, ``api_versions``.

    Chart tests are left out; hooks are among the objects, and ``hook_of`` recognises them. With ``cache`` (a folder) a
    result that holds no Secret is kept under the hash of everything that went into it.
    """
    argv = _argv(chart, helm)
    values = json.dumps(chart.get("values") or {}, sort_keys=True).encode()
    entry = _entry(chart, argv, values, cache)
    if entry is not None:
        try:
            cached: Objects = json.loads(entry.read_bytes())
            return cached
        except (OSError, ValueError):
            # Not there, or cut off by a crash: render.
            pass
    objects = _run(chart, argv, values)
    if entry is not None and not any(is_secret(obj) for obj in objects):
        _store(entry, objects)
    return objects


def hook_of(obj: Any) -> str:
    """When helm would run an object for a moment and not keep it, such as ``pre-install``; empty for what stays."""
    metadata = obj.get("metadata") if isinstance(obj, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str(annotations.get("helm.sh/hook") or "") if isinstance(annotations, dict) else ""


def default_cache() -> Path:
    """Where rendered charts are kept by default."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "pingpong-platform" / "charts"


def _argv(chart: Mapping[str, Any], helm: str) -> list[str]:
    name = str(chart["name"])
    argv = [helm, "template", name, str(chart["chart"]), "--values", "-", "--skip-tests"]
    if chart.get("namespace"):
        argv += ["--namespace", str(chart["namespace"])]
    argv.append("--include-crds" if chart.get("include_crds", True) else "--skip-crds")
    for option, flag in (("repository", "--repo"), ("version", "--version"), ("kube_version", "--kube-version")):
        if chart.get(option):
            argv += [flag, str(chart[option])]
    for version in chart.get("api_versions") or []:
        argv += ["--api-versions", str(version)]
    return argv


def _run(chart: Mapping[str, Any], argv: list[str], values: bytes) -> Objects:
    what = f"charts: {chart['name']} ({chart['chart']})"
    done = run_program("helm", argv, what=what, timeout=TIMEOUT, called="Helm", stdin=values)
    if done.returncode != 0:
        said = redact_text(done.stderr.decode("utf-8", "replace"), _secrets(chart.get("values")))
        raise OptionError(f"{what}: helm template failed: {said.strip()[-_SHOWN:]}")
    try:
        documents = load_all(done.stdout.decode("utf-8", "replace"))
    except ValueError as error:
        raise OptionError(f"{what}: the rendered chart is {error}") from None
    return [obj for obj in documents if obj]


def _secrets(values: Any, secret: bool = False) -> Iterator[str]:
    """The texts among a chart's values that stand under a telling name: helm's errors may quote them."""
    if isinstance(values, dict):
        for name, item in values.items():
            yield from _secrets(item, secret or any(word in str(name).lower() for word in _SECRET_WORDS))
    elif isinstance(values, list):
        for item in values:
            yield from _secrets(item, secret)
    elif secret and isinstance(values, str) and len(values) > 3:
        yield values


def _entry(chart: Mapping[str, Any], argv: list[str], values: bytes, cache: Path | None) -> Path | None:
    """The cache's file for exactly this rendering, None when its inputs cannot be pinned down."""
    if cache is None:
        return None
    source = Path(str(chart["chart"])).expanduser()
    if source.exists():
        content = _digest(source)
    elif _EXACT.fullmatch(str(chart.get("version") or "")):
        content = "by version"
    else:
        return None
    try:
        program = Path(argv[0]).stat() if os.sep in argv[0] else None
    except OSError:
        return None
    stamp = f"{program.st_size}.{program.st_mtime_ns}" if program else ""
    inputs = json.dumps([_CACHE_FORMAT, argv, stamp, content]).encode()
    return cache / f"{hashlib.sha256(inputs + b'|' + values).hexdigest()}.json"


def _digest(source: Path) -> str:
    digest = hashlib.sha256()
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(source)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _store(entry: Path, objects: Objects) -> None:
    # Best effort: a full disk or a read-only home costs time, not the task.
    temporary = entry.with_name(f"{entry.name}.{os.getpid()}")
    try:
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(objects, file)
        temporary.replace(entry)
    except OSError:
        return
