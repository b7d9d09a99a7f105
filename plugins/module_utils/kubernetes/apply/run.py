# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``k8s_apply`` from its options to its result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.common.redact import redact_pair
from ansible_collections.pingpong.platform.plugins.module_utils.common.results import diff
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.reconcile import (
    LayerReconciler,
    LayerResult,
    Options,
)
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.server_side_apply import Action
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.diff import comparable
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.fields.managers import ManagerPolicy
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.layer import load_layer
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import (
    DESIRED_HASH,
    Key,
    Object,
    Objects,
    Owner,
    key_of,
)

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_FIELDS = 50
_NAMED = 5


def run(
    args: Mapping[str, Any],
    *,
    check_mode: bool,
    want_diff: bool = True,
    declare: Callable[[Objects], None] = lambda desired: None,
) -> dict[str, Any]:
    """Reconcile one layer; ``args`` are the validated options of the module.

    ``declare`` is called with the objects that the layer is to have, before anything is compared.
    """
    owner = Owner(args["environment_name"], args["layer"])
    for option in ("environment_name", "layer", "namespace", "record_namespace"):
        value = args[option] or ""
        if not _NAME.fullmatch(value) and (value or option != "namespace"):
            raise OptionError(f"{option}: {value!r} is not usable, expected lower-case letters, digits and hyphens")
    for option in ("threads", "wait_sleep", "request_timeout"):
        if not args[option] > 0:
            raise OptionError(f"{option}: {args[option]:g} is not usable, expected more than 0")
    options = Options(
        prune=args["prune"],
        wait=args["wait"],
        wait_timeout=float(args["wait_timeout"]),
        wait_sleep=args["wait_sleep"],
        force_conflicts=args["force_conflicts"],
        policy=ManagerPolicy(args["foreign_fields"] == "revert", tuple(args["allowed_managers"])),
        threads=args["threads"],
        record_namespace=args["record_namespace"],
        check_mode=check_mode,
    )
    client = ClusterClient.from_connection(args["connection"], timeout=args["request_timeout"])
    try:
        desired, warnings = load_layer(client, args, owner)
        declare(desired if args["state"] == "present" else [])
        with LayerReconciler(client, owner, options) as layer:
            result = layer.present(desired) if args["state"] == "present" else layer.absent(desired)
    finally:
        client.close()
    done = {**summary(result, want_diff=want_diff), "requests": client.requests}
    return {**done, "warnings": warnings} if warnings else done


def summary(result: LayerResult, *, want_diff: bool) -> dict[str, Any]:
    """The task's result: what was done with each object, and the differences with Secrets masked."""
    objects = [
        {
            **_entry(done.planned.key, done.action.value, done.fields[:_FIELDS]),
            "reverted": [one._asdict() for one in done.reverted[:_FIELDS]],
        }
        for done in result.objects
    ]
    pruned = [_entry(key_of(obj), Action.DELETED.value, []) for obj in result.deleted]
    kept = [{**_entry(key, Action.KEPT.value, []), "reason": reason} for key, reason in result.kept.items()]
    shown = {
        "changed": result.changed,
        "objects": objects,
        "pruned": pruned,
        "kept": kept,
    }
    return {**shown, "diff": differences(result)} if want_diff else shown


def differences(result: LayerResult) -> list[dict[str, str]]:
    """A diff for each object that changed, without its hash; its header names what is reverted, and whose it was."""
    shown = []
    for done in result.objects:
        if done.action is not Action.UNCHANGED:
            masked = redact_pair(_without_hash(done.before), _without_hash(done.after))
            more = f" and {len(done.reverted) - _NAMED} more" if len(done.reverted) > _NAMED else ""
            reverted = ", ".join(str(one) for one in done.reverted[:_NAMED]) + more
            name = str(done.planned.key)
            shown.append(diff(*masked, name, f"{name}, reverting {reverted}" if reverted else ""))
    for obj in result.deleted:
        shown.append(diff(redact_pair(_without_hash(comparable(obj)), None)[0], None, str(key_of(obj))))
    return shown


def _without_hash(obj: Object | None) -> Object | None:
    if obj is None:
        return None
    annotations = {
        key: value for key, value in (obj["metadata"].get("annotations") or {}).items() if key != DESIRED_HASH
    }
    metadata = {key: value for key, value in obj["metadata"].items() if key != "annotations"}
    return {**obj, "metadata": {**metadata, "annotations": annotations} if annotations else metadata}


def _entry(key: Key, action: str, fields: list[str]) -> dict[str, Any]:
    return {"kind": key.kind, "namespace": key.namespace, "name": key.name, "action": action, "fields": fields}
