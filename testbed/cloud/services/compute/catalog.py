"""What exists at Google without anybody making it: regions, zones, machine types, the project."""

from __future__ import annotations

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import not_found
from testbed.cloud.core.protocol.pages import page, select
from testbed.cloud.core.protocol.values import compute_time, project_number
from testbed.cloud.core.regions import REGIONS, ZONES, ZONES_OF, region_of
from testbed.cloud.services.compute.urls import url

MACHINE_TYPES = {
    "e2-micro": (2, 1024), "e2-small": (2, 2048), "e2-medium": (2, 4096), "e2-standard-2": (2, 8192),
    "e2-standard-4": (4, 16384), "e2-standard-8": (8, 32768), "n1-standard-1": (1, 3840), "n2-standard-2": (2, 8192),
    "n2-standard-4": (4, 16384), "n2d-standard-2": (2, 8192), "n2d-standard-4": (4, 16384),
    "n4-standard-2": (2, 8192), "c3-standard-4": (4, 16384), "t2d-standard-2": (2, 8192),
}  # fmt: skip
IMAGE_PROJECTS = ("debian-cloud", "cos-cloud", "ubuntu-os-cloud", "rocky-linux-cloud")
EPOCH = 0.0


def _region(project: str, name: str) -> Body:
    path = f"projects/{project}/regions/{name}"
    return {
        "kind": "compute#region",
        "id": str(1000 + REGIONS.index(name)),
        "creationTimestamp": compute_time(EPOCH),
        "name": name,
        "description": name,
        "status": "UP",
        "zones": [url(f"projects/{project}/zones/{name}-{letter}") for letter in ZONES_OF[name]],
        "quotas": [],
        "selfLink": url(path),
    }


def _zone(project: str, name: str) -> Body:
    return {
        "kind": "compute#zone",
        "id": str(2000 + ZONES.index(name)),
        "creationTimestamp": compute_time(EPOCH),
        "name": name,
        "description": name,
        "status": "UP",
        "region": url(f"projects/{project}/regions/{region_of(name)}"),
        "selfLink": url(f"projects/{project}/zones/{name}"),
    }


def _machine_type(project: str, zone: str, name: str) -> Body:
    cpus, memory = MACHINE_TYPES[name]
    return {
        "kind": "compute#machineType",
        "id": str(3000 + list(MACHINE_TYPES).index(name)),
        "name": name,
        "guestCpus": cpus,
        "memoryMb": memory,
        "zone": zone,
        "selfLink": url(f"projects/{project}/zones/{zone}/machineTypes/{name}"),
    }


def _missing(path: str) -> Exception:
    return not_found(f"The resource '{path}' was not found")


def _list(call: Call, kind: str, path: str, found: list[Body]) -> Body:
    found = select(found, call.query.get("filter"))
    items, following = page(found, call.query.get("maxResults"), call.query.get("pageToken"))
    body: Body = {"kind": f"compute#{kind}List", "id": path, "items": items, "selfLink": url(path)}
    return body | ({"nextPageToken": following} if following else {})


@serves("compute.regions.get")
def get_region(call: Call) -> Body:
    """One region."""
    if call.path["region"] not in REGIONS:
        raise _missing(f"projects/{call.project}/regions/{call.path['region']}")
    return _region(str(call.project), call.path["region"])


@serves("compute.regions.list")
def list_regions(call: Call) -> Body:
    """All regions."""
    found = [_region(str(call.project), name) for name in REGIONS]
    return _list(call, "region", f"projects/{call.project}/regions", found)


@serves("compute.zones.get")
def get_zone(call: Call) -> Body:
    """One zone."""
    if call.path["zone"] not in ZONES:
        raise _missing(f"projects/{call.project}/zones/{call.path['zone']}")
    return _zone(str(call.project), call.path["zone"])


@serves("compute.zones.list")
def list_zones(call: Call) -> Body:
    """All zones."""
    return _list(call, "zone", f"projects/{call.project}/zones", [_zone(str(call.project), name) for name in ZONES])


@serves("compute.machineTypes.get")
def get_machine_type(call: Call) -> Body:
    """One machine type of a zone."""
    zone, name = call.path["zone"], call.path["machineType"]
    if zone not in ZONES or name not in MACHINE_TYPES:
        raise _missing(f"projects/{call.project}/zones/{zone}/machineTypes/{name}")
    return _machine_type(str(call.project), zone, name)


@serves("compute.machineTypes.list")
def list_machine_types(call: Call) -> Body:
    """The machine types of a zone."""
    zone = call.path["zone"]
    found = [_machine_type(str(call.project), zone, name) for name in MACHINE_TYPES] if zone in ZONES else []
    return _list(call, "machineType", f"projects/{call.project}/zones/{zone}/machineTypes", found)


@serves("compute.projects.get")
def get_project(call: Call) -> Body:
    """The project as compute sees it: its default service account among other things."""
    project = str(call.project)
    number = project_number(project)
    return {
        "kind": "compute#project",
        "id": number,
        "creationTimestamp": compute_time(EPOCH),
        "name": project,
        "commonInstanceMetadata": {"kind": "compute#metadata", "fingerprint": "AAAAAAAAAAA="},
        "quotas": [],
        "selfLink": url(f"projects/{project}"),
        "defaultServiceAccount": f"{number}-compute@developer.gserviceaccount.com",
        "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
        "defaultNetworkTier": "PREMIUM",
        "vmDnsSetting": "ZONAL_ONLY",
        "cloudArmorTier": "CA_STANDARD",
    }
