"""cert-manager's chart as its releases have it: the module has the definitions beside it, a release inside."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from testbed.images.golang import BY_NAME, CERT_MANAGER_VERSION, module_source

NAME = "cert-manager"
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
