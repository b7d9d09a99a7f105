"""What every request passes before its handler: the project exists, the API is enabled."""

from __future__ import annotations

import re

from testbed.cloud.core.call import Call, guards
from testbed.cloud.core.lateness import late
from testbed.cloud.core.protocol.errors import ApiError, not_found, service_disabled
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.core.state.store import Resource

PROJECT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
# Enabled in every new project, or never asked for: https://cloud.google.com/service-usage/docs/enabled-service
ALWAYS = frozenset({"serviceusage", "storage", "cloudresourcemanager", "iamcredentials", "sts"})


def enabled_key(project: str, service: str) -> str:
    """The store key that marks an API as enabled in a project."""
    return f"serviceusage/projects/{project}/services/{service}"


def canonical(call: Call, project: str) -> str:
    """The project id of an id or number; raises as an unknown project does."""
    if project.isdigit():
        known = {project_number(item.name): item.name for item in call.store.of_kind("project")}
        project = known.get(project, project)
    settings = call.cloud.settings
    exists = PROJECT_ID.fullmatch(project) and (settings.projects is None or project in settings.projects)
    if not exists:
        if call.service.style == "legacy":
            raise not_found(f"The resource 'projects/{project}' was not found")
        raise ApiError(
            403,
            f"Permission denied on resource project {project}.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "CONSUMER_INVALID",
                    "domain": "googleapis.com",
                    "metadata": {"service": call.service.host, "consumer": f"projects/{project}"},
                }
            ],
        )
    return project


def guard(call: Call) -> None:
    """Refuse requests for projects that do not exist and APIs that are not enabled."""
    project = call.project
    if project is None or project == "-":
        return
    given, project = project, canonical(call, project)
    if given != project:
        # Answers carry project numbers; a request may send them back.
        call.path = {
            name: project if value == given else value.replace(f"projects/{given}", f"projects/{project}", 1)
            for name, value in call.path.items()
        }
    if call.store.get(f"projects/{project}") is None:
        call.store.put(Resource(f"projects/{project}", "project", {"projectId": project}))
    if call.service.name in ALWAYS or not call.cloud.settings.strict_services:
        return
    found = call.store.get(enabled_key(project, call.service.host))
    if found is None or late(call.cloud, found.meta.get("effective")):
        raise service_disabled(call.service.title, call.service.host, project_number(project))


guards.append(guard)
