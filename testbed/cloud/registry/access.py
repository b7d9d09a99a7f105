"""Who pulls and who pushes, and how Artifact Registry refuses.

https://cloud.google.com/artifact-registry/docs/access-control ; the refusals' words: argoproj/argo-cd#26260,
GoogleCloudPlatform/aactl#233, docker/setup-buildx-action#79.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from testbed.cloud.core import policies
from testbed.cloud.core.call import Cloud
from testbed.cloud.core.lateness import late
from testbed.cloud.core.protocol.errors import service_disabled
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.core.state.store import Resource
from testbed.cloud.registry.names import Action, Repository
from testbed.cloud.services.projects.rules import enabled_key

SERVICE = "artifactregistry.googleapis.com"
USER = "oauth2accesstoken"
# What the token endpoint gives to those who show nothing: it stands for nobody.
ANONYMOUS = "anonymous"
PERMISSIONS: dict[Action, str] = {
    "pull": "artifactregistry.repositories.downloadArtifacts",
    "push": "artifactregistry.repositories.uploadArtifacts",
    "delete": "artifactregistry.repositories.deleteArtifacts",
}
# https://cloud.google.com/iam/docs/roles-permissions/artifactregistry: predefined roles that carry the permission
DELETES = frozenset({"roles/artifactregistry.repoAdmin", "roles/artifactregistry.admin", "roles/owner", "roles/editor"})
PUSHES = DELETES | {"roles/artifactregistry.writer"}
PULLS = PUSHES | {"roles/artifactregistry.reader", "roles/viewer"}
ROLES: dict[Action, frozenset[str]] = {"pull": PULLS, "push": PUSHES, "delete": DELETES}


class Refused(Exception):
    """An answer in the protocol's form: ``code`` is one of the registry's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Caller:
    """Who asks, as members of IAM policies; the one who runs the local cloud needs no role."""

    members: frozenset[str] = frozenset({"allUsers"})
    owner: bool = False
    token: str = ANONYMOUS


def node_account(project: str, account: str) -> str:
    """The service account of a node pool's ``config.serviceAccount``, whose default is Compute Engine's."""
    return f"{project_number(project)}-compute@developer.gserviceaccount.com" if account == "default" else account


def node_token(cloud: Cloud, email: str) -> str:
    """The access token by which nodes that run as a service account pull; the same as long as the cloud's state."""
    digest = hmac.new(cloud.token.encode(), f"node {email}".encode(), hashlib.sha256).digest()
    return f"ya29.n.local-{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def caller(cloud: Cloud, authorization: str) -> Caller | None:
    """Whom a header stands for: ``Basic oauth2accesstoken:TOKEN`` or ``Bearer TOKEN``; None for nobody known."""
    token = _token(authorization)
    if token is None:
        return None
    if token == ANONYMOUS:
        return Caller()
    if hmac.compare_digest(token.encode(), cloud.token.encode()):
        return Caller(owner=True, token=token)
    members: frozenset[str] | None = None
    if workload := cloud.grants.holder(token, cloud.clock()):
        members = workload.members
    elif email := _node(cloud, token):
        members = frozenset({f"serviceAccount:{email}"})
    if members is None:
        return None
    return Caller(members | {"allUsers", "allAuthenticatedUsers"}, token=token)


def admit(cloud: Cloud, asks: Caller, repository: Repository, action: Action) -> Resource:
    """The repository, for whom its policy or its project's admits; raises Refused."""
    project = f"projects/{repository.project}"
    key = f"artifactregistry/{repository.path}"
    resources = (key, f"cloudresourcemanager/{project}")
    if not asks.owner and not any(policies.grants(cloud, item, asks.members, ROLES[action]) for item in resources):
        raise Refused(403, "DENIED", _denied(asks, PERMISSIONS[action], repository.path))
    api = cloud.store.get(enabled_key(repository.project, SERVICE))
    if cloud.settings.strict_services and (api is None or late(cloud, api.meta.get("effective"))):
        problem = service_disabled("Artifact Registry API", SERVICE, project_number(repository.project))
        raise Refused(403, "DENIED", problem.message)
    found = cloud.store.get(key)
    if found is None or (found.meta.get("creating") and cloud.operations.pending_on(key)):
        raise Refused(404, "NAME_UNKNOWN", f'Repository "{repository.name}" not found')
    if found.body["format"] != "DOCKER":
        raise Refused(400, "NAME_INVALID", f'Repository "{repository.name}" is not of the format DOCKER')
    if action == "push" and found.body["mode"] != "STANDARD_REPOSITORY":
        raise Refused(403, "DENIED", f"Only standard repositories take uploads, this one is a {found.body['mode']}.")
    return found


def _denied(asks: Caller, permission: str, path: str) -> str:
    resource = f'on resource "{path}" (or it may not exist)'
    if asks.token == ANONYMOUS:
        people = "Unauthenticated request. Unauthenticated requests do not have permission"
        return f'{people} "{permission}" {resource}'
    return f'Permission "{permission}" denied {resource}'


def _token(authorization: str) -> str | None:
    scheme, _unused, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        user, _unused, token = base64.b64decode(value, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return token if user == USER and token and token != ANONYMOUS else None


def _node(cloud: Cloud, token: str) -> str | None:
    """The account of a node pool that exists, by its token."""
    for pool in cloud.store.of_kind("container.nodePool"):
        email = node_account(pool.path.split("/")[1], pool.body["config"]["serviceAccount"])
        if hmac.compare_digest(token.encode(), node_token(cloud, email).encode()):
            return email
    return None
