"""The kinds beside Google's discovery documents: what each says of a field, the other says too."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.container import cluster_updates, node_pools
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.kind import Context, Update
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.registry import KINDS
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import put

from tools.kind_facts import MESSAGES, PAGE, fields, schemas, text

CONTAINER = schemas("container.v1")

# What no request changes once the resource exists: reviewed by the methods and the words of the discovery documents.
FIXED: dict[str, str] = {
    "network": "IPv4Range description networkProfile",
    "subnetwork": "description externalIpv6Prefix internalIpv6Prefix ipCollection network purpose reservedInternalRange"
    " resolveSubnetMask",
    "router": "network encryptedInterconnectRouter",
    "firewall": "network direction",
    "address": "address addressType ipCollection ipVersion ipv6EndpointType network networkAttachment networkTier"
    " prefixLength purpose serviceClassId subnetwork",
    "health_check": "",
    "security_policy": "type",
    "ssl_policy": "",
    # Some of these can be changed in an instance that is stopped: to stop one is not ours to decide.
    "instance": "advancedMachineFeatures canIpForward confidentialInstanceConfig disks displayDevice guestAccelerators"
    " hostname instanceEncryptionKey keyRevocationActionType localSsdEncryptionMode machineType minCpuPlatform"
    " networkInterfaces networkPerformanceConfig privateIpv6GoogleAccess reservationAffinity resourcePolicies"
    " serviceAccounts shieldedInstanceConfig sourceMachineImage sourceMachineImageEncryptionKey workloadIdentityConfig",
    "cluster": "alphaClusterFeatureGates clusterIpv4Cidr confidentialNodes defaultMaxPodsConstraint description"
    " enableKubernetesAlpha enableTpu masterAuth network scheduleUpgradeConfig subnetwork",
    "node_pool": "autopilotConfig bestEffortProvisioning maxPodsConstraint placementPolicy",
    "service_account": "etag",
    "dns_zone": "dnsName nameServerSet reverseLookupConfig serviceDirectoryConfig visibility",
    "dns_record": "",
    "repository": "format kmsKeyName mavenConfig mode",
    "secret": "etag replication secretType",
    "bucket": "customPlacementConfig hierarchicalNamespace location locationType",
    "membership": "endpoint",
    "pubsub_topic": "kmsKeyName",
    "feature": "",
}
for _name in ("address", "security_policy", "ssl_policy"):
    FIXED[f"global_{_name}"] = FIXED[_name]

# Fields of ClusterUpdate that change no field of a cluster, or one that another has already.
NOT_A_FIELD = {
    "desiredEmulatedVersion": "an upgrade, which is a person's decision",
    "desiredMasterVersion": "an upgrade",
    "desiredNodeVersion": "an upgrade; a pool's is node_pool's version",
    "desiredImage": "a pool's",
    "desiredImageProject": "a pool's",
    "desiredImageType": "a pool's",
    "desiredNodePoolAutoscaling": "a pool's",
    "desiredNodePoolId": "which pool is meant",
    "enableK8sBetaApis": "the older name of desiredK8sBetaApis",
    "userManagedKeysConfig": "the older name of desiredUserManagedKeysConfig",
    "etag": "a condition",
}
# Fields of UpdateNodePoolRequest of the same sort.
NOT_A_FIELD_OF_A_POOL = {
    **dict.fromkeys(("name", "projectId", "zone", "clusterId", "nodePoolId"), "which pool is meant"),
    **dict.fromkeys(("image", "imageProject"), "for images of one's own"),
    "etag": "a condition",
    "nodeConfigUpdateMode": "how, not what",
}


def test_what_is_taken_from_the_documents_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run tools/kind_facts.py"


def test_every_kind_has_its_message() -> None:
    """But those that are merged into something, and a secret's value, which is answered by another message."""
    assert set(MESSAGES) == {name for name, kind in KINDS.items() if not kind.planner} - {"secret_version"}


@pytest.mark.parametrize("name", MESSAGES)
def test_fields_that_no_request_changes(name: str) -> None:
    kind = KINDS[name]
    document, message = MESSAGES[name]
    top = {path for path, _unused in fields(schemas(document), message) if "." not in path and path != "name"}
    top -= {*kind.output_only, *kind.create_only, "params", *([kind.parts.field] if kind.parts else [])}
    fixed = {field for field in top if field in kind.immutable or not any(_reaches(u, field) for u in kind.updates)}
    assert fixed == set(FIXED[name].split())


def _reaches(update: Update, field: str) -> bool:
    return update.covers(field) is not None or any(name.startswith(f"{field}.") for name in update.fields)


def test_every_update_of_a_cluster_is_known() -> None:
    source = "".join(map(repr, sent(cluster_updates.UPDATES)))
    known = {name for name in CONTAINER["ClusterUpdate"]["properties"] if f"'{name}'" in source}
    # Two directions of one list, of which one plan shows the first.
    known |= {"removedAdditionalPodRangesConfig"}
    assert known | NOT_A_FIELD.keys() == CONTAINER["ClusterUpdate"]["properties"].keys()


def sent(updates: tuple[Update, ...]) -> list[object]:
    """The body that each update sends for a value of one field."""
    bodies = []
    for update in updates:
        (field,) = update.fields
        live: dict[str, object] = {}
        put(live, field, {"enabled": True, "podRangeNames": ["a"]})
        bodies.append(update.build(Context(live, {field.split(".")[0]: {}}, live, update.fields)))
    return bodies


def test_every_update_of_a_pool_is_known() -> None:
    known = {target for target, _unused in node_pools.UPDATES.values()}
    properties = CONTAINER["UpdateNodePoolRequest"]["properties"].keys()
    assert known | NOT_A_FIELD_OF_A_POOL.keys() == properties


@pytest.mark.parametrize("name", MESSAGES)
def test_every_path_of_a_kind_is_a_field(name: str) -> None:
    """A slip in a rule's path would make a rule of nothing."""
    kind = KINDS[name]
    document, message = MESSAGES[name]
    known = {path for path, _unused in fields(schemas(document), message)}
    rules = {
        *kind.defaults, *kind.zeros, *kind.requires, *kind.imposed, *kind.caseless, *kind.short_links, *kind.maps,
        *kind.keyed, *kind.ordered, *kind.chosen_once, *kind.immutable, *kind.sensitive, *kind.output_only,
        *kind.create_only, *(path for update in kind.updates for path in update.fields if path != "*"),
    }  # fmt: skip
    for union in kind.unions:
        rules |= {f"{union.path}.{field}".lstrip(".") for names in union.alternatives for field in names}
    assert rules - known <= {"fingerprint", "labelFingerprint", "params"}, "of all kinds of Compute Engine"
