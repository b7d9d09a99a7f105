# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What runs, held against the template that its declared workload has now. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import Key, Object, key_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.compare import writers
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.controllers import (
    CONTAINER_FIELDS,
    INJECTED,
    INJECTOR,
    POD_FIELDS,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.live import Live
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Declared
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench

CASE = "runs what is declared"
_DEFAULTS: Mapping[str, Any] = {"serviceAccountName": "default", "hostUsers": True}


def pod_cells(bench: Bench, declared: Declared, live: Live) -> Iterator[Cell]:
    """A cell for each pod that has a workload."""
    images = injected_images(declared)
    for key, pod in sorted(live.objects.items()):
        if (key.group, key.kind) != ("", "Pod"):
            continue
        root = live.root(pod)
        templates = templates_of(pod, root, live, declared)
        if root is pod or not templates:
            continue
        found = min((list(beyond(pod, template, images)) for template in templates), key=len)
        if found:
            reason = f"it belongs to {key_of(root)}; written by {', '.join(writers(pod, ('spec',))) or 'nobody known'}"
            judgement = Judgement("fail", "; ".join(found), reason)
        else:
            judgement = Judgement("pass", CASE, f"as {key_of(root)} declares it")
        yield bench.cell(judgement, str(key), CASE, CASE)


def templates_of(pod: Object, root: Object, live: Live, declared: Declared) -> list[Mapping[str, Any]]:
    """The specs of pods that a pod may be one of: its workload's, or those of the jobs of declared analyses."""
    workload = live.parent(live.parent(pod) or pod)
    if workload is not None and key_of(workload).kind == "AnalysisRun":
        namespace = key_of(pod).namespace
        analyses = [
            body for key, body in declared.bodies.items()
            if (key.group, key.kind, key.namespace) == ("argoproj.io", "AnalysisTemplate", namespace)
        ]  # fmt: skip
        return [
            metric["provider"]["job"]["spec"]["template"]["spec"]
            for analysis in analyses
            for metric in analysis["spec"]["metrics"]
            if "job" in metric["provider"]
        ]
    template = template_of(root)
    return [template] if template is not None else []


def template_of(workload: Object) -> Mapping[str, Any] | None:
    """The spec of the pods that a workload makes."""
    spec = workload.get("spec") or {}
    template = ((spec.get("jobTemplate") or {}).get("spec") or spec).get("template")
    return (template or {}).get("spec") if isinstance(template, dict) else None


def beyond(pod: Object, template: Mapping[str, Any], images: frozenset[str]) -> Iterator[str]:
    """What a pod has that its template has not, or has otherwise; the mesh's containers by their images alone."""
    spec = pod.get("spec") or {}
    for name in POD_FIELDS:
        default = _DEFAULTS.get(name, False)
        if (spec.get(name) or default) != (template.get(name) or default):
            yield f"{name} is {spec.get(name)!r}, declared {template.get(name)!r}"
    for path in sorted(_host_paths(spec) - _host_paths(template)):
        yield f"it mounts {path} of its node, which is not declared"
    yield from (f"ephemeral container {one['name']}, image {one.get('image')}, is not declared"
                for one in spec.get("ephemeralContainers") or [])  # fmt: skip
    for field in ("initContainers", "containers"):
        declared = {container["name"]: container for container in template.get(field) or []}
        for container in spec.get(field) or []:
            yield from _container(container, declared.get(container["name"]), images)


def _container(
    container: Mapping[str, Any], declared: Mapping[str, Any] | None, images: frozenset[str]
) -> Iterator[str]:
    name, image = container["name"], container.get("image")
    if name in INJECTED and image in images:
        return
    if declared is None:
        yield f"container {name}, image {image}, is not declared"
        return
    for field in CONTAINER_FIELDS:
        if (container.get(field) or None) != (declared.get(field) or None):
            told = f"is {image}, declared {declared.get(field)}" if field == "image" else "is not as declared"
            yield f"{field} of container {name} {told}"


def _host_paths(spec: Mapping[str, Any]) -> set[str]:
    return {volume["hostPath"].get("path") for volume in spec.get("volumes") or [] if volume.get("hostPath")}


def injected_images(declared: Declared) -> frozenset[str]:
    """The images that the declared configuration of the mesh's injector puts into pods."""
    name, field = INJECTOR
    found = set()
    for key, body in declared.bodies.items():
        if key == Key("", "ConfigMap", key.namespace, name):
            values = (json.loads((body.get("data") or {}).get(field) or "{}")).get("global") or {}
            for part in ("proxy", "proxy_init"):
                image = str((values.get(part) or {}).get("image") or "")
                found.add(image if "/" in image else f"{values.get('hub')}/{image}:{values.get('tag')}")
    return frozenset(found)
