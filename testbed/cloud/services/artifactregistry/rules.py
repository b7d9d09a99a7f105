"""What Artifact Registry accepts, and what it fills in."""

from __future__ import annotations

from urllib.parse import urlsplit

from testbed.cloud.core.call import Body, Call
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.regions import REGIONS
from testbed.cloud.published.images import REGISTRIES

PREFIX = "artifactregistry.projects.locations"
ID = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
MULTI_REGIONS = ("asia", "europe", "us")
MUTABLE = frozenset({"description", "labels", "cleanupPolicies", "cleanupPolicyDryRun", "dockerConfig",
                     "virtualRepositoryConfig", "vulnerabilityScanningConfig"})  # fmt: skip


def location(parent: str) -> str:
    location = parent.rpartition("/")[2]
    if location not in REGIONS and location not in MULTI_REGIONS:
        raise ApiError(403, f"Location {location} is not found or access is unauthorized.")
    return location


def scanning(call: Call, parent: str, sent: Body, now: str) -> Body:
    """Whether images are scanned: where the API for that is enabled, and the repository is not exempt."""
    config = {"lastEnableTime": now, **(sent.get("vulnerabilityScanningConfig") or {})}
    api = "containerscanning.googleapis.com"
    if config.get("enablementConfig") == "DISABLED":
        reason = "Scanning is disabled for this repository."
    elif call.store.get(f"serviceusage/{'/'.join(parent.split('/')[:2])}/services/{api}") is None:
        reason = f"API {api} is not enabled."
    else:
        return {**config, "enablementState": "SCANNING_ACTIVE"}
    return {**config, "enablementState": "SCANNING_DISABLED", "enablementStateReason": reason}


def upstream(body: Body) -> str:
    """The registry that a remote repository of images stands before, empty for any other repository."""
    remote = body.get("remoteRepositoryConfig") or {}
    declared = remote.get("dockerRepository") or {}
    if declared.get("publicRepository") == "DOCKER_HUB":
        return "docker.io"
    custom = declared.get("customRepository") or remote.get("commonRepository") or {}
    return urlsplit(str(custom.get("uri") or "")).netloc


def remote(sent: Body) -> None:
    """Check what a remote repository, and it alone, says of its upstream, which is asked unless that is waived.

    artifactregistry.v1.json, RemoteRepositoryConfig.
    """
    config = sent.get("remoteRepositoryConfig")
    if (sent.get("mode") == "REMOTE_REPOSITORY") != bool(config):
        raise invalid(
            "Field 'repository.remote_repository_config' is required for remote repositories, and for no other."
        )
    # Input only.
    unasked = config.pop("disableUpstreamValidation", False) if config else True
    if config and sent["format"] == "DOCKER" and not upstream(sent):
        raise invalid("Field 'repository.remote_repository_config' names no upstream for the format DOCKER.")
    if not unasked and sent["format"] == "DOCKER" and upstream(sent) not in REGISTRIES:
        raise invalid(f"The upstream https://{upstream(sent)} can't be reached.")


def cleanup(sent: Body) -> None:
    """Check cleanup policies, and name each as its key does."""
    for name, policy in (sent.get("cleanupPolicies") or {}).items():
        if policy.get("id") not in (None, name):
            raise invalid(f"Cleanup policy '{name}' has the id '{policy['id']}': they must be the same.")
        if bool(policy.get("condition")) == bool(policy.get("mostRecentVersions")):
            raise invalid(f"Cleanup policy '{name}' needs exactly one of condition and most_recent_versions.")
        policy["id"] = name
