# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Argument specs that the cloud modules share with their action plugins."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.options import CLOUD
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import CloudSettings, settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import Stack, StackOptions, connect
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.sweep import sweep
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError

_CHANGING: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "labels": {"type": "dict", "default": {}},
    "payloads": {"type": "dict", "no_log": True},
    "unprotect": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 3600.0},
}

STACK: dict[str, Any] = {
    **CLOUD,
    **_CHANGING,
    "resources": {"type": "list", "elements": "dict", "required": True},
    "outputs": {"type": "dict", "default": {}},
    "prune": {"type": "bool", "default": False},
    "prune_prefix": {"type": "str"},
    "parallel": {"type": "int", "default": 8},
}

RESOURCE: dict[str, Any] = {
    **CLOUD,
    **_CHANGING,
    "kind": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "place": {"type": "dict", "default": {}},
    "spec": {"type": "dict", "default": {}},
    "protection": {"type": "bool", "default": False},
}

INFO: dict[str, Any] = {
    **CLOUD,
    "resources": {"type": "list", "elements": "dict", "default": []},
    "permissions": {"type": "list", "elements": "str", "default": []},
}

LEFTOVERS: dict[str, Any] = {
    **CLOUD,
    "network": {"type": "str", "required": True},
    "own_prefix": {"type": "str"},
    "timeout": {"type": "float", "default": 1200.0},
    "parallel": {"type": "int", "default": 8},
}

CONNECTION: dict[str, Any] = {
    **CLOUD,
    "cluster": {"type": "str", "required": True},
    "location": {"type": "str", "required": True},
    "access": {"type": "str", "choices": ["direct", "dns_endpoint", "iap", "proxy"], "default": "direct"},
    "proxy": {"type": "str"},
    "bastion": {
        "type": "dict",
        "options": {
            "instance": {"type": "str", "required": True},
            "zone": {"type": "str", "required": True},
            "port": {"type": "int", "default": 8888},
        },
    },
}


def cloud_settings(args: dict[str, Any]) -> CloudSettings:
    """The options of CLOUD as settings."""
    return settings(args.get("cloud") or {})


def run_stack(args: dict[str, Any], check: bool) -> dict[str, Any]:
    """``gcp_stack`` with validated options."""
    for name in ("parallel", "timeout"):
        if args[name] <= 0:
            raise OptionError(f"{name} is {args[name]:g}, expected more than 0")
    present = args["state"] == "present"
    resources = [_with_payload(item, args.get("payloads") or {}, present) for item in args["resources"]]
    options = StackOptions(
        resources=resources,
        # A label is text; true without quotes means the word.
        labels={
            str(name): str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in args["labels"].items()
        },
        present=present,
        prune=args["prune"],
        prefix=args["prune_prefix"],
        unprotect=args["unprotect"],
        outputs=args["outputs"],
        timeout=args["timeout"],
        parallel=args["parallel"],
    )
    return Stack(cloud_settings(args), options).run(check)


def run_resource(args: dict[str, Any], check: bool) -> dict[str, Any]:
    """``gcp_resource`` with validated options: a stack of one."""
    resource = {"kind": args["kind"], "name": args["name"], "protection": args["protection"]}
    resource = {**args["spec"], **args["place"], **resource}
    stack = {"resources": [resource], "outputs": {}, "prune": False, "prune_prefix": None, "parallel": 1}
    result = run_stack({**args, **stack}, check)
    entry = result["resources"][0]
    return {**result, "action": entry["action"], "fields": entry.get("fields", [])}


def run_leftovers(args: dict[str, Any], check: bool) -> dict[str, Any]:
    """``gcp_leftovers`` with validated options."""
    chosen = cloud_settings(args)
    return sweep(connect(chosen), chosen.project, args, check)


def _with_payload(item: dict[str, Any], payloads: dict[str, Any], present: bool) -> dict[str, Any]:
    """A secret's value comes from ``payloads``, which Ansible never shows; ``resources`` only names it."""
    if item.get("kind") != "secret_version":
        return item
    source = item.get("payload_from")
    rest = {key: value for key, value in item.items() if key != "payload_from"}
    if not present:
        return {**rest, "payload": ""}  # a version goes with its secret, whatever its value is
    if source not in payloads:
        raise OptionError(f"resources: {item.get('name')}: payload_from is {source!r}, which is not in payloads")
    if isinstance(payloads[source], dict | list):
        found = type(payloads[source]).__name__
        raise OptionError(f"payloads: {source} is a {found}, expected a text; write it as one (to_json)")
    return {**rest, "payload": payloads[source]}
