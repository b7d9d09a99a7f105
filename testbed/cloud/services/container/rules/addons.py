"""What the local cloud puts into clusters for an add-on that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.registry.access import node_account, node_token
from testbed.cloud.services.binaryauthorization import webhook

# https://cloud.google.com/secret-manager/docs/secret-manager-managed-csi-component#auto-rotation
ROTATION = "120s"


def dns_cache(call: Call, body: Body) -> bool:
    """Whether the cluster's nodes really get a DNS cache: asked for, on Dataplane V2, and switched on here."""
    config = (body.get("addonsConfig") or {}).get("dnsCacheConfig") or {}
    dataplane = (body.get("networkConfig") or {}).get("datapathProvider") == "ADVANCED_DATAPATH"
    return bool(call.cloud.settings.node_local_dns and config.get("enabled") and dataplane)


def registry(call: Call, pools: Sequence[Body]) -> dict[str, str]:
    """How a cluster's nodes pull from Artifact Registry: as the account of its first pool."""
    account = node_account(call.path["parent"].split("/")[1], str(pools[0]["config"]["serviceAccount"]))
    return {
        "endpoint": call.cloud.inward.replace("{service}", "registry"),
        "authority": call.cloud.authority,
        "token": node_token(call.cloud, account),
    }


def google(call: Call, key: str, body: Body) -> dict[str, str]:
    """Where the cluster's pods find Google, and who they are there; see ClusterRequest."""
    pool = (body.get("workloadIdentityConfig") or {}).get("workloadPool")
    found = {"endpoint": call.cloud.inward, "authority": call.cloud.authority, "dns": call.cloud.name_server}
    if webhook.enforces(body):
        place = f"{webhook.PREFIX}{key.removeprefix('container/')}"
        found["image_policy"] = call.cloud.inward.replace("/{service}", place)
    if pool:
        provider = f"https://container.googleapis.com/v1/{key.removeprefix('container/')}"
        found |= {"pool": pool, "provider": provider, "number": project_number(str(call.project))}
    return found


def secret_manager(call: Call, key: str, body: Body) -> dict[str, str]:
    """The settings of the Secret Manager add-on of the cluster with this key; nothing when it is not asked for."""
    desired = body.get("secretManagerConfig") or {}
    if not desired.get("enabled"):
        return {}
    rotation = desired.get("rotationConfig") or {}
    return {
        "pool": (body.get("workloadIdentityConfig") or {}).get("workloadPool", ""),
        "provider": f"https://container.googleapis.com/v1/{key.removeprefix('container/')}",
        "rotation": rotation.get("rotationInterval", ROTATION) if rotation.get("enabled") else "",
        "endpoint": call.cloud.inward,
        "authority": call.cloud.authority,
    }
