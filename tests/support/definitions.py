"""Resource definitions of the programs that the testbed builds, from their Go modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from testbed.images import golang

ISTIO = ("istio", "manifests/charts/base/files/crd-all.gen.yaml")
ROLLOUTS = ("argo-rollouts", "manifests/install.yaml")


def definitions(source: tuple[str, str], *names: str) -> Iterator[dict[str, Any]]:
    """Those of a module's file whose names begin with one of ``names``; all of them without."""
    module, path = source
    text = (golang.module_source(golang.BY_NAME[module]) / path).read_text()
    for obj in yaml.load_all(text, yaml.CSafeLoader):
        if obj and obj["kind"] == "CustomResourceDefinition" and obj["metadata"]["name"].startswith(names or ""):
            yield obj
