"""The images of others that the layers of a cluster run, by the names under which nodes pull them."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.roles import evaluated, rendered

TEMPLATES = {
    "monitoring": ["prometheus.yml.j2", "alertmanager.yml.j2", "kube-state-metrics.yml.j2"],
    "ingress": ["contour.yml.j2", "envoy.yml.j2"],
    "delivery": ["controller.yml.j2"],
    "scaling": ["adapter.yml.j2"],
    "admission": ["kyverno.yml.j2"],
}
CHARTS = {
    ("mesh", "__mesh_hub", "mesh_tag"): ["/pilot", "/proxyv2", "/install-cni"],
    ("edge", "__edge_cert_manager_images", "edge_cert_manager_version"): ["-controller", "-webhook", "-cainjector"],
}


def images(inventory: str, host: str, **changes: Any) -> set[str]:
    """Each image in full, as pods of this host's cluster name it; ``changes`` are other values of variables."""
    documents = [
        rendered(role, inventory, name, host=host, **changes) for role, names in TEMPLATES.items() for name in names
    ]
    found = set(re.findall(r'"image": "([^"]+)"', json.dumps(documents)))
    for (role, place, version), programs in CHARTS.items():
        start, tag = (evaluated(role, inventory, name, host=host, **changes) for name in (place, version))
        found |= {f"{start}{program}:{tag}" for program in programs}
    return found
