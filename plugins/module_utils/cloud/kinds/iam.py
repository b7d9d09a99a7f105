# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Service accounts and IAM policies. Facts: discovery documents iam v1, cloudresourcemanager v1."""

from __future__ import annotations

from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import (
    Body,
    Context,
    Kind,
    Update,
    only,
)
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import compact

_VERSION = {"options": {"requestedPolicyVersion": 3}}
_QUERY = {"options.requestedPolicyVersion": "3"}
_MODES = ("additive", "authoritative")


def _patch_account(context: Context) -> Body:
    account = {name: context.merged.get(name) or "" for name in context.fields}
    return {"serviceAccount": account, "updateMask": ",".join(context.fields)}


def _bindings(values: Body) -> Body:
    only(values, "bindings", "mode")
    bindings, mode = values.get("bindings") or [], values.get("mode", "additive")
    if mode not in _MODES:
        raise ValueError(f"mode is {mode!r}, expected one of {', '.join(_MODES)}")
    if not isinstance(bindings, list):
        raise ValueError(f"bindings must be a list (found {bindings!r})")
    return {"bindings": [_binding(index, binding) for index, binding in enumerate(bindings)], "mode": mode}


def _binding(index: int, binding: Any) -> Body:
    where = f"bindings[{index}]"
    if not isinstance(binding, dict) or not isinstance(binding.get("role"), str):
        raise ValueError(f"{where} must have a role and members (found {binding!r})")
    only(binding, "role", "members", "condition")
    members, condition = binding.get("members"), binding.get("condition")
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        raise ValueError(
            f"{where}.members must be a list of members as in user:someone@example.org (found {members!r})"
        )
    if condition is not None and not (isinstance(condition, dict) and condition.get("expression")):
        raise ValueError(f"{where}.condition must have an expression and a title (found {condition!r})")
    found: Body = compact(binding)
    return found


def _policy(name: str, service: str, parent: str, summary: str, **data: Any) -> Kind:
    defaults: dict[str, Any] = {
        "read": "{item}:getIamPolicy",
        "read_query": _QUERY,
        "create_path": "{item}:setIamPolicy",
        "wrap": lambda name, body: {"policy": body},
    }
    return Kind(
        name,
        service,
        parent,
        summary,
        item="{collection}",
        listed=False,
        named=False,
        planner="policy",
        prepare=_bindings,
        serial="policy:{item}",
        **{**defaults, **data},
    )


KINDS = (
    Kind(
        "service_account",
        "iam",
        "v1/projects/{project}/serviceAccounts",
        "Service account; name is its id, the part before the @",
        item="{collection}/{name}@{project}.iam.gserviceaccount.com",
        items="accounts",
        list_query={"pageSize": "100"},
        identity=lambda live: str(live.get("email", "")).split("@", 1)[0],
        named=False,
        wrap=lambda name, body: {"accountId": name, "serviceAccount": body},
        updates=(Update(("displayName", "description"), _patch_account),),
    ),
    _policy(
        "project_iam",
        "cloudresourcemanager",
        "v1/projects/{project}",
        "Roles of members in the project",
        read_method="POST",
        read_body=_VERSION,
        read_query={},
    ),
    _policy(
        "service_account_iam",
        "iam",
        "v1/projects/{project}/serviceAccounts/{account}@{project}.iam.gserviceaccount.com",
        "Roles of members on a service account (Workload Identity)",
        read_method="POST",
    ),
    _policy(
        "subnetwork_iam",
        "compute",
        "compute/v1/projects/{project}/regions/{region}/subnetworks/{subnetwork}",
        "Roles of members on a subnet",
        read="{item}/getIamPolicy",
        read_query={"optionsRequestedPolicyVersion": "3"},
        create_path="{item}/setIamPolicy",
    ),
    _policy(
        "repository_iam",
        "artifactregistry",
        "v1/projects/{project}/locations/{location}/repositories/{repository}",
        "Roles of members on an Artifact Registry repository",
    ),
    _policy(
        "secret_iam",
        "secretmanager",
        "v1/projects/{project}/secrets/{secret}",
        "Roles of members on a secret",
    ),
    _policy(
        "pubsub_topic_iam",
        "pubsub",
        "v1/projects/{project}/topics/{topic}",
        "Roles of members on a Pub/Sub topic",
    ),
    # https://cloud.google.com/dns/docs/zones/iam-per-resource-zones
    _policy(
        "dns_zone_iam",
        "dns",
        "dns/v1/projects/{project}/managedZones/{zone}",
        "Roles of members on a DNS zone",
        read_method="POST",
        read_body=_VERSION,
        read_query={},
    ),
    _policy(
        "bucket_iam",
        "storage",
        "storage/v1/b/{bucket}",
        "Roles of members on a bucket",
        read="{item}/iam",
        read_query={"optionsRequestedPolicyVersion": "3"},
        create_path="{item}/iam",
        wrap=None,
    ),
)
