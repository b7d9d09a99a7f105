"""Programs, charts and manifests for the state folder: links and copies out of the cache."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from testbed.host import link, write_json
from testbed.images.builder import Image
from testbed.images.catalog import ENVOY, ENVOY_PROGRAM
from testbed.images.golang import BY_NAME as MODULES
from testbed.images.golang import ISTIO_VERSION, module_source
from testbed.images.published import upstream_name

# A program and the file that it is: the name that it is called by says which program the Kubernetes binary is.
PROGRAMS = {
    "kind": ("kind", "kind"), "helm": ("helm", "helm"), "kubectl": ("kubernetes", "kubernetes"), "waf": ("waf", "waf"),
}  # fmt: skip
# A folder in .local/charts and where it comes from.
CHARTS = {
    "cilium": ("cilium", "install/kubernetes/cilium"),
    "istio/base": ("istio", "manifests/charts/base"),
    "istio/istiod": ("istio", "manifests/charts/istio-control/istio-discovery"),
    "istio/istio-cni": ("istio", "manifests/charts/istio-cni"),
    "istio/gateway": ("istio", "manifests/charts/gateway"),
    "gateway-api": ("gateway-api", "config/crd/standard"),
    "contour": ("contour", "examples/contour"),
}
# Likewise, of images that are optional: fetched only where the image is built.
OPTIONAL_CHARTS = {
    "argo-cd": ("argo-cd", "manifests"),
    "argo-rollouts": ("argo-rollouts", "manifests"),
    "kyverno": ("kyverno", "config"),
}


def place_programs(cache: Path, state: Path) -> dict[str, Path]:
    """Link the programs that are built into ``bin``; return them by name."""
    placed = {}
    for name, (module, program) in PROGRAMS.items():
        target = MODULES[module].output(cache) / program
        if target.exists():
            link(state / "bin" / name, target)
            placed[name] = state / "bin" / name
    envoy = ENVOY.output(cache) / ENVOY_PROGRAM
    if envoy.exists():
        link(state / "bin" / "envoy", envoy)
        placed["envoy"] = state / "bin" / "envoy"
    return placed


def place_charts(state: Path, images: Collection[str] = ()) -> dict[str, Path]:
    """Copy the charts that are missing, or of another version, into ``charts``; return them by name.

    ``images`` are the names of those that are built: what an optional one of them needs is placed as well.
    """
    charts = CHARTS | {name: place for name, place in OPTIONAL_CHARTS.items() if name in images}
    return {name: _place(state / "charts" / name, *place) for name, place in charts.items()}


def place_releases(state: Path) -> None:
    """Write ``versions.json`` beside the charts: of which releases they are, by the project's own count."""
    releases = {"istio": ISTIO_VERSION, "contour": MODULES["contour"].version.removeprefix("v")}
    write_json(state / "charts" / "versions.json", releases)


def place_published(state: Path, images: Iterable[Image]) -> None:
    """Write ``images.json`` beside the charts: the archive of each image that an upstream publishes, by its name."""
    named = {upstream_name(image.name, image.reference): str(image.archive) for image in images}
    write_json(state / "charts" / "images.json", {name: archive for name, archive in named.items() if name})


def _place(target: Path, module: str, folder: str) -> Path:
    found = MODULES[module]
    stamp = target.with_name(f".{target.name}.version")
    if target.is_dir() and stamp.exists() and stamp.read_text() == found.version:
        return target
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    # The module cache is read-only, down to its folders; a copy must not be.
    shutil.copytree(module_source(found) / folder, partial, copy_function=shutil.copyfile)
    for path in (partial, *partial.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    stamp.write_text(found.version)
    return target


def place_images(state: Path, images: dict[str, Image]) -> None:
    """Write ``images.json``: each image's name and full reference.

    An image that was changed but not built again keeps the reference that it had.
    """
    path = state / "images.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    write_json(path, before | {name: image.reference for name, image in images.items()})
