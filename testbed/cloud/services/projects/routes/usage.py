"""Service Usage: APIs enabled and disabled."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.lateness import effective
from testbed.cloud.core.protocol.errors import ApiError, failed_precondition, invalid
from testbed.cloud.core.protocol.pages import page
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.core.state import longrunning
from testbed.cloud.core.state.operations import drop, put
from testbed.cloud.core.state.store import Resource

# Names that exist, beside the served ones: what a GKE platform enables.
KNOWN = frozenset(
    f"{name}.googleapis.com"
    for name in (
        "artifactregistry", "binaryauthorization", "certificatemanager", "cloudbuild", "cloudkms",
        "cloudresourcemanager", "compute", "container", "containeranalysis", "containerfilesystem",
        "containerscanning", "containersecurity", "dns", "gkebackup", "gkeconnect", "gkehub", "iam",
        "iamcredentials", "iap", "logging", "monitoring", "multiclusteringress", "multiclusterservicediscovery",
        "networkmanagement", "networksecurity", "networkservices", "oslogin", "pubsub", "secretmanager",
        "servicenetworking", "serviceusage", "storage", "sts", "trafficdirector", "cloudtrace", "anthos",
        "mesh",
    )
)  # fmt: skip
BATCH_LIMIT = 20
# What the operation is called that has nothing to do.
NOTHING_TO_DO = "operations/noop.DONE_OPERATION"


def _resource(project: str, service: str) -> Resource:
    number = project_number(project)
    body = {
        "name": f"projects/{number}/services/{service}",
        "config": {"name": service, "title": service},
        "state": "ENABLED",
        "parent": f"projects/{number}",
    }
    return Resource(f"serviceusage/projects/{project}/services/{service}", "serviceusage.service", body)


def _check(service: str) -> None:
    if service not in KNOWN:
        raise ApiError(
            403,
            f"Not found or permission denied for service(s): {service}.",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED",
                    "domain": "serviceusage.googleapis.com",
                    "metadata": {"services": service},
                }
            ],
        )


def _show(call: Call, project: str, service: str) -> Body:
    found = call.store.get(f"serviceusage/projects/{project}/services/{service}")
    return found.body if found else {**_resource(project, service).body, "state": "DISABLED"}


@serves("serviceusage.services.get")
def get(call: Call) -> Body:
    """One API's state."""
    service = call.path["name"].rpartition("/")[2]
    _check(service)
    return _show(call, str(call.project), service)


@serves("serviceusage.services.batchGet")
def batch_get(call: Call) -> Body:
    """Several APIs' states."""
    names = [str(name).rpartition("/")[2] for name in call.query.get("names", [])]
    for name in names:
        _check(name)
    return {"services": [_show(call, str(call.project), name) for name in names]}


@serves("serviceusage.services.list")
def listing(call: Call) -> Body:
    """APIs by state: `filter` is state:ENABLED or state:DISABLED."""
    chosen = str(call.query.get("filter") or "").replace(" ", "")
    if chosen not in ("", "state:ENABLED", "state:DISABLED"):
        raise invalid(f"Invalid filter: '{chosen}'. The allowed filters are state:ENABLED and state:DISABLED.")
    found = [_show(call, str(call.project), name) for name in sorted(KNOWN)]
    found = [item for item in found if chosen in ("", f"state:{item['state']}")]
    items, following = page(found, call.query.get("pageSize"), call.query.get("pageToken"), default=50)
    return {"services": items} | ({"nextPageToken": following} if following else {})


def _enable(call: Call, services: list[str], response: Body) -> Body:
    project = str(call.project)
    resources = [_resource(project, name) for name in services]
    fresh = [item for item in resources if call.store.get(item.key) is None]
    if not fresh:
        return {"name": NOTHING_TO_DO, "done": True, "response": response}
    done = call.now + call.cloud.settings.pending("serviceusage")
    for item in fresh:
        item.meta["effective"] = effective(call.cloud, "api", done)
    return longrunning.start(
        call,
        "operations",
        f"projects/{project}",
        metadata={
            "@type": "type.googleapis.com/google.api.serviceusage.v1.OperationMetadata",
            "resourceNames": [item.body["name"] for item in resources],
        },
        response=response,
        commit=[put(item) for item in fresh],
        lock=False,
    )


@serves("serviceusage.services.batchEnable")
def batch_enable(call: Call) -> Body:
    """Enable up to 20 APIs at once."""
    services = list(call.body.get("serviceIds") or [])
    if not 1 <= len(services) <= BATCH_LIMIT:
        raise invalid(f"The number of services to enable must be between 1 and {BATCH_LIMIT}, found {len(services)}.")
    for name in services:
        _check(name)
    project = str(call.project)
    shown = [_resource(project, name).body for name in services]
    kind = "type.googleapis.com/google.api.serviceusage.v1.BatchEnableServicesResponse"
    return _enable(call, services, {"@type": kind, "services": shown})


@serves("serviceusage.services.enable")
def enable(call: Call) -> Body:
    """Enable one API."""
    service = call.path["name"].rpartition("/")[2]
    _check(service)
    kind = "type.googleapis.com/google.api.serviceusage.v1.EnableServiceResponse"
    return _enable(call, [service], {"@type": kind, "service": _resource(str(call.project), service).body})


@serves("serviceusage.services.disable")
def disable(call: Call) -> Body:
    """Disable one API; refused while it is not enabled."""
    service, project = call.path["name"].rpartition("/")[2], str(call.project)
    _check(service)
    key = f"serviceusage/projects/{project}/services/{service}"
    if call.store.get(key) is None:
        raise failed_precondition(f"The service {service} is not enabled.")
    kind = "type.googleapis.com/google.api.serviceusage.v1.DisableServiceResponse"
    return longrunning.start(
        call,
        "operations",
        f"projects/{project}",
        metadata={"@type": "type.googleapis.com/google.api.serviceusage.v1.OperationMetadata"},
        response={"@type": kind, "service": {**_resource(project, service).body, "state": "DISABLED"}},
        commit=[drop(key)],
        lock=False,
    )


@serves("serviceusage.operations.get")
def operation(call: Call) -> Body:
    """An operation of this API."""
    return longrunning.get(call, call.path["name"])
