"""What is served is what Google publishes."""

from __future__ import annotations

import pytest

from testbed.cloud.core.call import Call, serves
from testbed.cloud.core.protocol.discovery import VERSIONS, load
from testbed.cloud.services import register

register()


def test_every_served_method_is_published() -> None:
    published = {method.id for name in VERSIONS for method in load(name).methods()}
    assert set(serves.handlers) - published == set()
    assert len(serves.handlers) > 150


def test_a_method_is_served_once() -> None:
    def again(_unused: Call) -> None:
        return None

    with pytest.raises(ValueError, match="is already served"):
        serves.add("compute.networks.insert", again)


ROUTES = [
    ("container", "POST", "v1/projects/p/locations/l/clusters/c:setLogging", "clusters.setLogging"),
    ("container", "GET", "v1/projects/p/locations/l/clusters/c", "clusters.get"),
    ("container", "PUT", "v1/projects/p/locations/l/clusters/c/nodePools/n", "nodePools.update"),
    ("iam", "POST", "v1/projects/p/serviceAccounts/a@p.iam.gserviceaccount.com:setIamPolicy", "setIamPolicy"),
    ("cloudresourcemanager", "POST", "v1/projects/p:getIamPolicy", "projects.getIamPolicy"),
    ("secretmanager", "GET", "v1/projects/p/secrets/s/versions/latest:access", "versions.access"),
    ("compute", "POST", "compute/v1/projects/p/regions/r/subnetworks/s/expandIpCidrRange", "expandIpCidrRange"),
    ("dns", "DELETE", "dns/v1/projects/p/managedZones/z/rrsets/a.example.com./A", "resourceRecordSets.delete"),
    ("storage", "PUT", "storage/v1/b/bucket/iam", "buckets.setIamPolicy"),
]


@pytest.mark.parametrize(("service", "verb", "path", "method"), ROUTES, ids=[case[3] for case in ROUTES])
def test_a_verb_and_a_path_mean_a_method(service: str, verb: str, path: str, method: str) -> None:
    found = load(service).match(verb, path)
    assert found is not None
    assert found[0].id.endswith(method)


@pytest.mark.parametrize("path", ["compute/v1/projects/p/global/planets", "compute/v2/projects/p/global/networks", ""])
def test_no_method(path: str) -> None:
    assert load("compute").match("GET", path) is None
