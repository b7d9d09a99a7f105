"""What the local cloud puts into clusters for an add-on that is asked for."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call

# https://cloud.google.com/secret-manager/docs/secret-manager-managed-csi-component#auto-rotation
ROTATION = "120s"


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
