# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which objects that decide security no plan declares. Pure.

An object is declared by its identity in a plan of this run and by nothing that it says of itself: labels, annotations,
field managers and owner references are for whoever writes it to choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    Key,
    Object,
    group_of,
    key_of,
    owner_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.wait.webhooks import CONFIGURATIONS
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.compare import writers
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.controllers import CALLING
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.kinds import MESH_LABELS, Decides
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.live import Live, controller_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import Declared
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system import SYSTEM
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.system.rules import subjects_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench

CASE = "undeclared"


@dataclass(frozen=True)
class Context:
    """What one object is judged by."""

    declared: Declared
    live: Live
    managed: frozenset[str]


def undeclared_cells(bench: Bench, declared: Declared, live: Live) -> Iterator[Cell]:
    """A cell for each undeclared object, and one for each kind that has none."""
    context = Context(declared, live, frozenset(declared.namespaces()))
    for rule in live.decides:
        seen = list(live.of(rule))
        found = [(obj, judgement) for obj in seen if (judgement := judge(obj, rule, context))]
        for obj, judgement in found:
            target = str(key_of(obj))
            yield bench.cell(judgement, target, CASE, "declared", _evidence(obj))
        if not found:
            group = f" ({rule.group})" if rule.group else ""
            nothing = Judgement("pass", "none", f"{len(seen)} live") if not declared.gaps else _unknown(declared)
            yield bench.cell(nothing, f"{rule.kind}{group}", CASE, "none")


def judge(obj: Object, rule: Decides, context: Context) -> Judgement | None:
    """Why an object is drift, None when it is declared, a controller's for what is declared, or the system's."""
    key = key_of(obj)
    if key in context.declared.keys:
        return None
    root = context.live.root(obj)
    if root is not obj:
        # Its workload is named where nobody declares it; what runs in a pod is judged apart.
        return None
    if key.kind in CONFIGURATIONS and _calls_what_is_declared(obj, context.declared):
        return None
    if SYSTEM.owns(obj) and not (key.kind == "Pod" and not _static(obj)):
        joined = _mesh_labels(obj) if key.kind == "Namespace" else []
        return _drift(obj, f"joins a mesh by {', '.join(joined)}", context) if joined else None
    if key.namespace and key.namespace not in context.managed and not rule.decides(obj):
        return None
    return _drift(obj, rule.why, context)


def _drift(obj: Object, why: str, context: Context) -> Judgement:
    parts = [*_binding(obj, context), why, *_claims(obj)]
    by = writers(obj, ("metadata",))
    parts += [f"written by {', '.join(by)}"] if by else []
    if context.declared.gaps:
        return Judgement("inconclusive", "undeclared object", "; ".join([*context.declared.gaps, *parts]))
    return Judgement("fail", "undeclared object", "; ".join(parts))


def _unknown(declared: Declared) -> Judgement:
    return Judgement("inconclusive", "none", "; ".join(declared.gaps))


def _calls_what_is_declared(configuration: Object, declared: Declared) -> bool:
    """Made by a controller that is declared, and all of its webhooks lead to that one."""
    place = CALLING.get(configuration["metadata"]["name"])
    if place is None or Key("", "Service", *place) not in declared.keys:
        return False
    targets = [webhook.get("clientConfig") or {} for webhook in configuration.get("webhooks") or []]
    services = [target.get("service") or {} for target in targets]
    return all((service.get("namespace"), service.get("name")) == place for service in services)


def _static(pod: Object) -> bool:
    """A pod that a kubelet runs from a file of its node."""
    return (controller_of(pod) or {}).get("kind") == "Node"


def _mesh_labels(namespace: Object) -> list[str]:
    labels = namespace["metadata"].get("labels") or {}
    return sorted(name for name in labels if name.startswith(MESH_LABELS))


def _binding(obj: Object, context: Context) -> list[str]:
    """To whom a binding gives which role: first of all what is managed here, or everybody."""
    if obj["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
        return []
    reference = obj.get("roleRef") or {}
    return [
        f"gives {reference.get('kind')} {reference.get('name')} to {', '.join(sorted(subjects_of(obj))) or 'nobody'}"
    ]


def _claims(obj: Object) -> list[str]:
    """What the object says of itself and no plan confirms."""
    owner, controller = owner_of(obj), controller_of(obj)
    claims = (
        [f"its labels claim layer {owner.layer} of {owner.environment}, which does not declare it"] if owner else []
    )
    if controller is not None:
        name = (
            f"{group_of(str(controller.get('apiVersion')))} {controller.get('kind')} {controller.get('name')}".strip()
        )
        claims.append(f"it claims to belong to {name}")
    return claims


def _evidence(obj: Object) -> dict[str, object]:
    metadata = obj["metadata"]
    return {"created": metadata.get("creationTimestamp"), "labels": metadata.get("labels") or {}}
