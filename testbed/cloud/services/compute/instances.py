"""Virtual machines: enough for a bastion."""

from __future__ import annotations

import ipaddress
import re

from testbed.cloud.core.call import Body, Call, serves
from testbed.cloud.core.protocol.errors import ApiError, invalid
from testbed.cloud.core.protocol.values import compute_time, fingerprint, project_number
from testbed.cloud.core.regions import region_of
from testbed.cloud.core.state.store import Resource
from testbed.cloud.services.compute import catalog
from testbed.cloud.services.compute.kind import Kind
from testbed.cloud.services.compute.networking.addresses import EXTERNAL
from testbed.cloud.services.compute.routes import register, replace
from testbed.cloud.services.compute.rules import check_fingerprint, required
from testbed.cloud.services.compute.state import find
from testbed.cloud.services.compute.urls import path_of, require_ready, resolve, url

IMAGE = re.compile(r"projects/([a-z][a-z0-9-]+)/global/images/(family/)?[a-z0-9-]+")
KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/\d+)?")
SHIELDED = {"enableSecureBoot": False, "enableVtpm": True, "enableIntegrityMonitoring": True}
SCHEDULING = {
    "onHostMaintenance": "MIGRATE",
    "automaticRestart": True,
    "preemptible": False,
    "provisioningModel": "STANDARD",
}


def _refuse(field: str, value: object, rule: str) -> ApiError:
    return invalid(f"Invalid value for field 'resource.{field}': '{value}'. {rule}")


def _prepare(call: Call, body: Body) -> None:
    required(body, "machineType", "disks", "networkInterfaces")
    zone = call.path["zone"]
    body["machineType"] = _machine_type(call, str(body["machineType"]), zone)
    body["disks"] = [_disk(call, body, index) for index in range(len(body["disks"]))]
    if sum(1 for disk in body["disks"] if disk.get("boot")) != 1:
        raise _refuse("disks", len(body["disks"]), "Exactly one disk must be the boot disk.")
    for index, interface in enumerate(body["networkInterfaces"]):
        _interface(call, interface, index, region_of(zone))
    for account in body.get("serviceAccounts", []):
        _account(call, account)
    for field in ("tags", "metadata"):
        body[field] = {**body.get(field, {}), "fingerprint": fingerprint(body.get(field, {}))}
    body["metadata"]["kind"] = "compute#metadata"
    body["shieldedInstanceConfig"] = SHIELDED | body.get("shieldedInstanceConfig", {})
    body["shieldedInstanceIntegrityPolicy"] = {"updateAutoLearnPolicy": True}
    body["scheduling"] = SCHEDULING | body.get("scheduling", {})
    body.setdefault("canIpForward", False)
    body.setdefault("deletionProtection", False)
    body.setdefault("startRestricted", False)
    body["cpuPlatform"] = "Intel Broadwell"
    body["lastStartTimestamp"] = compute_time(call.now)


def _machine_type(call: Call, value: str, zone: str) -> str:
    name = value.rpartition("/")[2]
    path = path_of(value) or (value if value.startswith("projects/") else f"projects/{call.project}/{value}")
    if path != f"projects/{call.project}/zones/{zone}/machineTypes/{name}":
        raise _refuse("machineType", value, "The URL is malformed: it must match zones/ZONE/machineTypes/NAME.")
    if name not in catalog.MACHINE_TYPES:
        raise _refuse("machineType", value, "The referenced machine type does not exist.")
    return url(path)


def _disk(call: Call, body: Body, index: int) -> Body:
    disk = dict(body["disks"][index])
    params = disk.pop("initializeParams", None)
    if disk.get("boot") and not disk.get("source"):
        image = str((params or {}).get("sourceImage") or "")
        found = IMAGE.fullmatch(path_of(image) or image)
        if not found or found[1] not in (*catalog.IMAGE_PROJECTS, call.project):
            raise _refuse(
                f"disks[{index}].initializeParams.sourceImage", image, "The referenced image resource cannot be found."
            )
    encryption = disk.get("diskEncryptionKey") or {}
    if encryption.get("kmsKeyName"):
        disk["diskEncryptionKey"] = {**encryption, "kmsKeyName": _key_version(index, encryption["kmsKeyName"])}
    name = (params or {}).get("diskName") or (body["name"] if index == 0 else f"{body['name']}-{index}")
    disk.setdefault("source", url(f"projects/{call.project}/zones/{call.path['zone']}/disks/{name}"))
    return {
        "kind": "compute#attachedDisk",
        "type": "PERSISTENT",
        "mode": "READ_WRITE",
        "deviceName": f"persistent-disk-{index}",
        "index": index,
        "autoDelete": False,
        "interface": "SCSI",
        "diskSizeGb": str((params or {}).get("diskSizeGb") or 10),
        **disk,
    }


def _key_version(index: int, key: str) -> str:
    """The key's version that encrypts a disk, which is what is answered: compute.v1.json, CustomerEncryptionKey."""
    if not KEY.fullmatch(key):
        raise _refuse(f"disks[{index}].diskEncryptionKey.kmsKeyName", key, "It is no name of a Cloud KMS key.")
    return key if "/cryptoKeyVersions/" in key else f"{key}/cryptoKeyVersions/1"


def _interface(call: Call, interface: Body, index: int, region: str) -> None:
    field = f"networkInterfaces[{index}]"
    if not interface.get("subnetwork"):
        raise _refuse(f"{field}.subnetwork", "", "A custom mode network requires a subnetwork.")
    interface["subnetwork"] = resolve(
        call, interface["subnetwork"], f"resource.{field}.subnetwork", "subnetworks", f"regions/{region}"
    )
    found = call.store.get("compute/" + str(path_of(interface["subnetwork"])))
    subnetwork = found.body if found else {}
    if interface.get("network"):
        network = resolve(call, interface["network"], f"resource.{field}.network", "networks")
        if network != subnetwork["network"]:
            raise _refuse(f"{field}.subnetwork", interface["subnetwork"], "It is not in the specified network.")
    interface["network"] = subnetwork["network"]
    range_ = ipaddress.IPv4Network(subnetwork["ipCidrRange"])
    if interface.get("networkIP"):
        if ipaddress.IPv4Address(interface["networkIP"]) not in range_:
            raise _refuse(f"{field}.networkIP", interface["networkIP"], f"It is outside the range {range_}.")
    else:
        taken = {
            item.get("networkIP")
            for instance in call.store.of_kind("compute.instances")
            for item in instance.body["networkInterfaces"]
            if item["subnetwork"] == interface["subnetwork"]
        }
        interface["networkIP"] = next(str(ip) for ip in list(range_.hosts())[1:] if str(ip) not in taken)
    interface["name"] = f"nic{index}"
    interface["kind"] = "compute#networkInterface"
    interface.setdefault("stackType", "IPV4_ONLY")
    for number, config in enumerate(interface.get("accessConfigs", [])):
        config.setdefault("type", "ONE_TO_ONE_NAT")
        config.setdefault("name", "External NAT")
        config.setdefault("natIP", str(EXTERNAL[-2 - number]))
    interface["fingerprint"] = fingerprint(interface)


def _account(call: Call, account: Body) -> None:
    email = str(account.get("email") or "default")
    if email == "default":
        account["email"] = f"{project_number(str(call.project))}-compute@developer.gserviceaccount.com"
    elif call.store.get(f"iam/projects/{call.project}/serviceAccounts/{email}") is None:
        raise ApiError(
            400, f"The resource '{email}' of type 'serviceAccount' was not found.", reason="resourceNotFound"
        )
    if not account.get("scopes"):
        raise _refuse("serviceAccounts[0].scopes", "", "At least one scope must be specified.")


def _removable(_call: Call, resource: Resource) -> None:
    if resource.body.get("deletionProtection"):
        raise ApiError(
            400,
            "Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. Set the "
            "deletionProtection property to false to unprotect the resource before deleting it.'.",
            reason="invalidResourceUsage",
        )


INSTANCE = Kind(
    plural="instances",
    singular="instance",
    schema="Instance",
    scope="zone",
    quota="INSTANCES",
    fingerprint=True,
    labels=True,
    prepare=_prepare,
    removable=_removable,
    while_created=(("status", "PROVISIONING"),),
    when_ready=(("status", "RUNNING"),),
)
register(INSTANCE)


def _change(call: Call, operation_type: str, **fields: object) -> Body:
    resource = find(call, INSTANCE)
    require_ready(call, resource.key)
    return replace(call, INSTANCE, resource, {**resource.body, **fields}, operation_type)


@serves("compute.instances.setMetadata")
def set_metadata(call: Call) -> Body:
    """Replace the metadata; needs its fingerprint."""
    current = find(call, INSTANCE)
    check_fingerprint(call.body.get("fingerprint"), current.body["metadata"]["fingerprint"], current.path)
    items = call.body.get("items") or []
    keys = [item.get("key") for item in items]
    if len(set(keys)) != len(keys):
        raise invalid("Invalid value for field 'metadata.items': metadata keys must be unique.")
    return _change(
        call,
        "setMetadata",
        metadata={"kind": "compute#metadata", "items": items, "fingerprint": fingerprint(items)},
    )


@serves("compute.instances.setTags")
def set_tags(call: Call) -> Body:
    """Replace the network tags; needs their fingerprint."""
    current = find(call, INSTANCE)
    check_fingerprint(call.body.get("fingerprint"), current.body["tags"]["fingerprint"], current.path)
    items = sorted(call.body.get("items") or [])
    tags = {"items": items} if items else {}
    return _change(call, "setTags", tags={**tags, "fingerprint": fingerprint(tags)})


@serves("compute.instances.setDeletionProtection")
def set_protection(call: Call) -> Body:
    """Switch deletion protection; without a parameter, on."""
    call.path.setdefault("instance", call.path.get("resource", ""))
    return _change(call, "setDeletionProtection", deletionProtection=call.query.get("deletionProtection", True))


def _stopped(call: Call, field: str) -> None:
    if find(call, INSTANCE).body["status"] != "TERMINATED":
        raise ApiError(400, f"The instance must be stopped before its {field} can be changed.", reason="resourceInUse")


@serves("compute.instances.setMachineType")
def set_machine_type(call: Call) -> Body:
    """Change the machine type of a stopped instance."""
    _stopped(call, "machine type")
    return _change(
        call,
        "setMachineType",
        machineType=_machine_type(call, str(call.body.get("machineType", "")), call.path["zone"]),
    )


@serves("compute.instances.setServiceAccount")
def set_account(call: Call) -> Body:
    """Change the service account of a stopped instance."""
    _stopped(call, "service account")
    account = {"email": call.body.get("email"), "scopes": call.body.get("scopes") or []}
    _account(call, account)
    return _change(call, "setServiceAccount", serviceAccounts=[account])


@serves("compute.instances.updateShieldedInstanceConfig")
def set_shielded(call: Call) -> Body:
    """Change the shielded VM settings of a stopped instance."""
    _stopped(call, "shielded instance config")
    current = find(call, INSTANCE).body["shieldedInstanceConfig"]
    changed = {name: value for name, value in call.body.items() if value is not None}
    return _change(call, "updateShieldedInstanceConfig", shieldedInstanceConfig={**current, **changed})


@serves("compute.instances.setScheduling")
def set_scheduling(call: Call) -> Body:
    """Change the scheduling options."""
    current = find(call, INSTANCE).body["scheduling"]
    return _change(call, "setScheduling", scheduling={**current, **call.body})


@serves("compute.instances.stop")
def stop(call: Call) -> Body:
    """Stop it."""
    return _change(call, "stop", status="TERMINATED", lastStopTimestamp=compute_time(call.now))


@serves("compute.instances.start")
def start(call: Call) -> Body:
    """Start it."""
    return _change(call, "start", status="RUNNING", lastStartTimestamp=compute_time(call.now))
