"""cert-manager as its releases have it: the definitions inside the chart, and images that trust public authorities."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from testbed.host import cache_root
from testbed.images.builder import Image, make
from testbed.images.catalog import catalog
from testbed.images.golang import BY_NAME, CERT_MANAGER_VERSION, module_source
from testbed.images.recipes import Put

NAME = "cert-manager"
IMAGES = tuple(f"{NAME}-{program}" for program in BY_NAME[NAME].programs)
# The name that the value has since 1.15, and that inventories set.
_DEFINITIONS = "{{- if (.Values.crds).enabled }}\n%s\n{{- end }}\n"


def place_chart(folder: Path) -> Path:
    """Write the chart into ``folder``, which is replaced; returns it."""
    source = module_source(BY_NAME[NAME]) / "deploy"
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source / "charts" / NAME, partial, copy_function=shutil.copyfile)
    for path in (partial, *partial.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    described = yaml.safe_load((partial / "Chart.template.yaml").read_text())
    (partial / "Chart.template.yaml").unlink()
    described |= {"version": CERT_MANAGER_VERSION, "appVersion": CERT_MANAGER_VERSION, "annotations": {}}
    (partial / "Chart.yaml").write_text(yaml.safe_dump(described))
    definitions = "\n---\n".join(path.read_text() for path in sorted((source / "crds").glob("crd-*.yaml")))
    (partial / "templates" / "crds.yaml").write_text(_DEFINITIONS % definitions)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def trusting(authority: str) -> list[Image]:
    """Its images with this authority (PEM) as the public ones that published images trust; their programs are built."""
    cache = cache_root()
    found = []
    for recipe in catalog():
        if recipe.name in IMAGES:
            made = replace(recipe, puts=[*recipe.puts, Put("/etc/ssl/certs/ca-certificates.crt", text=authority)])
            found.append(make(made, [made], cache, cache / "logs" / f"image-{recipe.name}.log"))
    return found
