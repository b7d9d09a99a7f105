"""Equal forms of one value, which are no difference, and their neighbours, which are one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.kinds.registry import KINDS
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.diff import Comparison
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.plan.fields.values import equal

KEY = "projects/p/locations/global/keyRings/r/cryptoKeys/k"
COMPUTE = "https://www.googleapis.com/compute/v1/projects/p"
CONTAINER = "//container.googleapis.com/projects/p"

EQUAL: list[tuple[str, str, Any, Any]] = [
    ("an IPv6 range in its long form", "sourceRanges", "2001:0db8:0000:0000::0000/32", "2001:db8::/32"),
    ("an IPv6 address in capitals", "address", "2001:DB8::A", "2001:db8::a"),
    ("a range with host bits", "sourceRanges", "10.0.0.5/24", "10.0.0.0/24"),
    ("an address as a range", "sourceRanges", "192.0.2.7", "192.0.2.7/32"),
    ("a size that Google chose a range of", "clusterIpv4CidrBlock", "/14", "10.4.0.0/14"),
    ("one port as a range", "allowed.ports", "80-80", "80"),
    ("one port of a forwarding rule", "portRange", "443", "443-443"),
    ("a protocol by its number", "allowed.IPProtocol", "6", "tcp"),
    ("a protocol in capitals", "denied.IPProtocol", "TCP", "tcp"),
    ("an e-mail address in capitals", "config.serviceAccount", "Nodes@P.iam.gserviceaccount.com",
     "nodes@p.iam.gserviceaccount.com"),
    ("seconds with a fraction", "rotationPeriod", "3600s", "3600.000s"),
    ("a duration in hours", "window.duration", "PT4H", "PT4H0M0S"),
    ("a duration in minutes", "imageMinimumGcAge", "120s", "2m0s"),
    ("a duration in seconds", "window.duration", "14400s", "PT4H"),
    ("a time of day", "startTime", "3:00", "03:00"),
    ("a time with an offset", "startTime", "2026-01-01T02:00:00+01:00", "2026-01-01T01:00:00.000000000Z"),
    ("a zone as a location", "resourceLink", f"{CONTAINER}/locations/z/clusters/c", f"{CONTAINER}/zones/z/clusters/c"),
    ("a region as a location", "network", "projects/p/regions/r/x/y", "projects/p/locations/r/x/y"),
    ("another version of the API", "network", f"{COMPUTE}/global/networks/n", "global/networks/n"),
    ("a project by its number", "topics", "projects/p/topics/t", "projects/123/topics/t"),
    ("a key, and the version that encrypted", "kmsKeyName", KEY, f"{KEY}/cryptoKeyVersions/3"),
    ("an integer as a string", "priority", 5, "5"),
]  # fmt: skip

DIFFERENT: list[tuple[str, str, Any, Any]] = [
    ("another IPv6 range", "sourceRanges", "2001:db8::/32", "2001:db8::/33"),
    ("an address of an interface", "interfaces.ipRange", "169.254.0.1/30", "169.254.0.2/30"),
    ("another port", "allowed.ports", "80-81", "80"),
    ("a range of addresses in a description", "description", "10.0.0.5/24", "10.0.0.0/24"),
    ("a label in capitals", "labels.mail", "A@example.org", "a@example.org"),
    ("a script that is text", "metadata.items.value", "80-80", "80"),
    ("another account", "config.serviceAccount", "a@p.iam.gserviceaccount.com", "b@p.iam.gserviceaccount.com"),
    ("another duration", "window.duration", "PT4H", "PT4H1M"),
    ("another zone", "resourceLink", f"{CONTAINER}/locations/z-a/clusters/c", f"{CONTAINER}/zones/z-b/clusters/c"),
    ("another version of a key", "kmsKeyName", f"{KEY}/cryptoKeyVersions/2", f"{KEY}/cryptoKeyVersions/3"),
    ("a version that looks like an address", "version", "1.33", "1.34"),
    ("two projects by name", "topics", "projects/p/topics/t", "projects/q/topics/t"),
]


@pytest.mark.parametrize(("field", "desired", "live"), [row[1:] for row in EQUAL], ids=[row[0] for row in EQUAL])
def test_equal(field: str, desired: Any, live: Any) -> None:
    assert equal(desired, live, field, "p")


@pytest.mark.parametrize(
    ("field", "desired", "live"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT]
)
def test_different(field: str, desired: Any, live: Any) -> None:
    assert not equal(desired, live, field, "p")


Body = dict[str, Any]
SAME_IN_A_KIND: list[tuple[str, str, Body, Body]] = [
    ("an image type in lower case", "node_pool", {"config": {"imageType": "cos_containerd"}},
     {"config": {"imageType": "COS_CONTAINERD"}}),
    ("a format in lower case", "repository", {"format": "docker"}, {"format": "DOCKER"}),
    ("a subnet by its name", "node_pool", {"networkConfig": {"subnetwork": "s"}},
     {"networkConfig": {"subnetwork": "projects/p/regions/r/subnetworks/s"}}),
    ("what a kubelet does by default", "node_pool", {"config": {"kubeletConfig": {"cpuCfsQuota": True}}},
     {"config": {"kubeletConfig": {}}}),
    ("a pool that Google upgraded", "node_pool", {"version": "1.33.5-gke.9"},
     {"version": "1.33.5-gke.1080000", "management": {"autoUpgrade": True}}),
    ("a check's default interval", "health_check", {"checkIntervalSec": 5, "httpHealthCheck": {"requestPath": "/"}},
     {"httpHealthCheck": {}}),
    ("a platform that is Google's choice", "node_pool", {"config": {"minCpuPlatform": "automatic"}}, {"config": {}}),
    ("the same of an instance", "instance", {"minCpuPlatform": "Automatic"}, {}),
    ("the same of pools to come", "cluster",
     {"autoscaling": {"autoprovisioningNodePoolDefaults": {"minCpuPlatform": "automatic"}}},
     {"autoscaling": {"autoprovisioningNodePoolDefaults": {}}}),
    ("unspecified, and the default", "repository", {"mode": "MODE_UNSPECIFIED"}, {"mode": "STANDARD_REPOSITORY"}),
    ("unspecified, and what Google chose", "cluster",
     {"ipAllocationPolicy": {"ipv6AccessType": "IPV6_ACCESS_TYPE_UNSPECIFIED"}},
     {"ipAllocationPolicy": {"ipv6AccessType": "EXTERNAL"}}),
    ("unspecified as Compute Engine writes it", "address", {"ipVersion": "UNSPECIFIED_VERSION"}, {"ipVersion": "IPV4"}),
    ("a zero that is left out, below a key of the user's", "cluster",
     {"maintenancePolicy": {"window": {"maintenanceExclusions": {"a.b": {"maintenanceExclusionOptions":
      {"scope": "NO_UPGRADES"}}}}}},
     {"maintenancePolicy": {"window": {"maintenanceExclusions": {"a.b": {"maintenanceExclusionOptions": {}}}}}}),
    ("the same for the window itself", "cluster",
     {"maintenancePolicy": {"window": {"recurringWindow": {"window":
      {"maintenanceExclusionOptions": {"scope": "NO_UPGRADES"}}}}}},
     {"maintenancePolicy": {"window": {"recurringWindow": {"window": {"maintenanceExclusionOptions": {}}}}}}),
    ("a zero of Cloud DNS's", "dns_zone", {"dnssecConfig": {"state": "off"}}, {"dnssecConfig": {}}),
    ("a class that Autoclass chose", "bucket", {"storageClass": "NEARLINE", "autoclass": {"enabled": True}},
     {"storageClass": "STANDARD", "autoclass": {"enabled": True}}),
    ("all objects encrypted, as the state says that it came to", "cluster",
     {"databaseEncryption": {"state": "ALL_OBJECTS_ENCRYPTION_ENABLED"}},
     {"databaseEncryption": {"state": "ENCRYPTED", "currentState": "CURRENT_STATE_ALL_OBJECTS_ENCRYPTION_ENABLED"}}),
    ("a domain in capitals and without its dot", "dns_zone", {"dnsName": "Example.org"}, {"dnsName": "example.org."}),
]  # fmt: skip
OTHER_IN_A_KIND: list[tuple[str, str, Body, Body, str]] = [
    ("unspecified, and another than the default", "repository", {"mode": "MODE_UNSPECIFIED"},
     {"mode": "REMOTE_REPOSITORY"}, "mode"),
    ("out of its release channel", "cluster", {"releaseChannel": {"channel": "UNSPECIFIED"}},
     {"releaseChannel": {"channel": "REGULAR"}}, "releaseChannel.channel"),
    ("another scope than the zero", "cluster",
     {"maintenancePolicy": {"window": {"maintenanceExclusions": {"x": {"maintenanceExclusionOptions":
      {"scope": "NO_MINOR_UPGRADES"}}}}}},
     {"maintenancePolicy": {"window": {"maintenanceExclusions": {"x": {"maintenanceExclusionOptions": {}}}}}},
     "maintenancePolicy.window.maintenanceExclusions.x.maintenanceExclusionOptions.scope"),
    ("back to the zero", "cluster",
     {"maintenancePolicy": {"window": {"maintenanceExclusions": {"x": {"maintenanceExclusionOptions":
      {"scope": "NO_UPGRADES"}}}}}},
     {"maintenancePolicy": {"window": {"maintenanceExclusions": {"x": {"maintenanceExclusionOptions":
      {"scope": "NO_MINOR_UPGRADES"}}}}}},
     "maintenancePolicy.window.maintenanceExclusions.x.maintenanceExclusionOptions.scope"),
    ("an older version than is desired", "node_pool", {"version": "1.34.1-gke.9"},
     {"version": "1.33.5-gke.1080000", "management": {"autoUpgrade": True}}, "version"),
    ("another version, where Google upgrades nothing", "node_pool", {"version": "1.33.4-gke.9"},
     {"version": "1.33.5-gke.1080000", "management": {}}, "version"),
    ("a quota switched off", "node_pool", {"config": {"kubeletConfig": {"cpuCfsQuota": False}}},
     {"config": {"kubeletConfig": {}}}, "config.kubeletConfig.cpuCfsQuota"),
    ("a class without Autoclass", "bucket", {"storageClass": "NEARLINE", "autoclass": {"enabled": False}},
     {"storageClass": "STANDARD", "autoclass": {"enabled": False}}, "storageClass"),
    ("all objects, where only secrets are encrypted", "cluster",
     {"databaseEncryption": {"state": "ALL_OBJECTS_ENCRYPTION_ENABLED"}},
     {"databaseEncryption": {"state": "ENCRYPTED", "currentState": "CURRENT_STATE_ENCRYPTED"}},
     "databaseEncryption.state"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "desired", "live"), [row[1:] for row in SAME_IN_A_KIND], ids=[row[0] for row in SAME_IN_A_KIND]
)
def test_equal_in_a_kind(kind: str, desired: Body, live: Body) -> None:
    assert diffs(kind, desired, live) == []


@pytest.mark.parametrize(
    ("kind", "desired", "live", "path"), [row[1:] for row in OTHER_IN_A_KIND], ids=[row[0] for row in OTHER_IN_A_KIND]
)
def test_different_in_a_kind(kind: str, desired: Body, live: Body, path: str) -> None:
    assert diffs(kind, desired, live) == [path]


def diffs(name: str, desired: Body, live: Body) -> list[str]:
    kind = KINDS[name]
    skip = kind.ignore(desired, live) if kind.ignore else ()
    found = Comparison(kind, "p").diffs(kind.canonical(desired), kind.canonical(live), skip)
    return [diff.path for diff in found]
