# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets of Secret Manager with their versions, and who may read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Body = dict[str, Any]


def secret_resources(
    items: Sequence[Mapping[str, Any]],
    mounts: Sequence[Mapping[str, Any]],
    *,
    project: str,
    project_number: str,
    replication: Mapping[str, Any],
    protection: bool = True,
) -> list[Body]:
    """The resources of each secret; its value is taken from the stack's payloads, by the secret's name.

    items: name, readers as IAM members, and value; one without it has versions that others write.
    mounts: namespace, secrets by name and, where the pods' service account is to read them, service_account.
    replication: the API's own.
    """
    found: list[Body] = []
    for item in items:
        name = item["name"]
        readers = dict.fromkeys([*item.get("readers", []), *_accounts(name, mounts, project, project_number)])
        found.append({"kind": "secret", "name": name, "protection": protection, "replication": dict(replication)})
        if "value" in item:
            found.append({"kind": "secret_version", "name": name, "secret": name, "payload_from": name})
        if readers:
            bindings = [{"role": "roles/secretmanager.secretAccessor", "members": list(readers)}]
            found.append({"kind": "secret_iam", "name": name, "secret": name, "bindings": bindings})
    return found


def _accounts(secret: str, mounts: Sequence[Mapping[str, Any]], project: str, number: str) -> list[str]:
    """The principals of the service accounts that mount the secret.

    https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity#principal-id-examples
    """
    pool = (
        f"principal://iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{project}.svc.id.goog"
    )
    return [
        f"{pool}/subject/ns/{mount['namespace']}/sa/{mount['service_account']}"
        for mount in mounts
        if mount.get("service_account") and secret in [entry["name"] for entry in mount["secrets"]]
    ]
