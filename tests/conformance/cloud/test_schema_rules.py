"""What every API checks before anything else: credentials, routes, the published schema, enabled APIs.

Sources: the discovery documents shipped with google-api-python-client; https://protobuf.dev/programming-guides/json/;
https://cloud.google.com/apis/design/errors
"""

from __future__ import annotations

import pytest

from testbed.cloud.testing import PROJECT, RunningCloud
from tests.support.cloud import CLUSTER, COMPUTE, CONTAINER, DNS, Rule, changed

NETWORK = {"name": "n", "autoCreateSubnetworks": False}
NETWORKS = f"{COMPUTE}/global/networks"
FIREWALLS = f"{COMPUTE}/global/firewalls"
CLUSTERS = f"{CONTAINER}/clusters"
SCHEMA = "compute.v1.json, container.v1.json"
JSON = "https://protobuf.dev/programming-guides/json/"


def network(**fields: object) -> dict[str, object]:
    return {**NETWORK, **fields}


def firewall(**fields: object) -> dict[str, object]:
    return {"name": "f", "allowed": [{"IPProtocol": "tcp", **fields}]}


def cluster(**fields: object) -> dict[str, object]:
    return {"cluster": changed(CLUSTER, **fields)}


RULES = [
    Rule("unknown field", SCHEMA, "POST", NETWORKS, network(colour="red"), 400, "badRequest",
         'Unknown name "colour": Cannot find field.'),
    Rule("unknown field inside", SCHEMA, "POST", NETWORKS, network(routingConfig={"mode": "GLOBAL"}), 400,
         "badRequest", "Unknown name \"mode\" at 'routingConfig': Cannot find field."),
    Rule("unknown field in a list", SCHEMA, "POST", CLUSTERS, cluster(nodePools=[{"name": "a", "size": 1}]), 400,
         "INVALID_ARGUMENT", "Unknown name \"size\" at 'cluster.node_pools[0]': Cannot find field."),
    Rule("a protocol's name is not a JSON name", JSON, "POST", CLUSTERS, cluster(initial_node_count=1), 400,
         "INVALID_ARGUMENT", 'Unknown name "initial_node_count"'),
    Rule("text for a number", JSON, "POST", NETWORKS, network(mtu="big"), 400, "badRequest", "(TYPE_INT32), \"big\""),
    Rule("a number out of 32 bits", JSON, "POST", NETWORKS, network(mtu=2**31), 400, "badRequest", "TYPE_INT32"),
    Rule("a fraction for an integer", JSON, "POST", NETWORKS, network(mtu=1500.5), 400, "badRequest", "TYPE_INT32"),
    Rule("text for a boolean", JSON, "POST", NETWORKS, network(autoCreateSubnetworks="false"), 400, "badRequest",
         "TYPE_BOOL"),
    Rule("a number for text", JSON, "POST", NETWORKS, network(description=5), 400, "badRequest", "TYPE_STRING"),
    Rule("an unknown word of an enum", SCHEMA, "POST", NETWORKS, network(routingConfig={"routingMode": "LOCAL"}), 400,
         "badRequest", "Invalid value at 'routingConfig.routingMode'"),
    Rule("an enum's number where names are sorted", SCHEMA, "POST", NETWORKS,
         network(routingConfig={"routingMode": 1}), 400, "badRequest", "Invalid value at 'routingConfig.routingMode'"),
    Rule("a list for one value", JSON, "POST", NETWORKS, network(description=["a"]), 400, "badRequest",
         "Proto field is not repeating, cannot start list."),
    Rule("one value for a list", JSON, "POST", f"{COMPUTE}/global/firewalls",
         {"name": "f", "sourceRanges": "10.0.0.0/8"}, 400, "badRequest", "Invalid value at 'sourceRanges'"),
    Rule("a list for an object", JSON, "POST", NETWORKS, network(routingConfig=[]), 400, "badRequest",
         "Invalid value at 'routingConfig'"),
    Rule("a number in a list of text", JSON, "POST", FIREWALLS, firewall(ports=[80]), 400, "badRequest",
         "Invalid value at 'allowed[0].ports[0]' (TYPE_STRING), 80"),
    Rule("an unknown field of an object without a name", JSON, "POST", FIREWALLS, firewall(port="80"), 400,
         "badRequest", "Unknown name \"port\" at 'allowed[0]': Cannot find field."),
    Rule("a number in a map of text", JSON, "POST", CLUSTERS, cluster(resourceLabels={"a": 1}), 400,
         "INVALID_ARGUMENT", "Invalid value at 'cluster.resource_labels[a]' (TYPE_STRING), 1"),
    Rule("a 64-bit integer that is none", JSON, "POST", CLUSTERS,
         cluster(defaultMaxPodsConstraint={"maxPodsPerNode": "many"}), 400, "INVALID_ARGUMENT", "(TYPE_INT64)"),
    Rule("a body that is no object", JSON, "POST", NETWORKS, [NETWORK], 400, "badRequest",
         "Root element must be a message."),
    Rule("a body that is no JSON", JSON, "POST", NETWORKS, b'{"name": ', 400, "parseError",
         "Invalid JSON payload received."),
    Rule("one name twice", JSON, "POST", NETWORKS, b'{"name": "a", "name": "b"}', 400, "parseError", "Duplicate name"),
    Rule("an unknown query parameter", SCHEMA, "GET", f"{NETWORKS}?colour=red", None, 400, "badRequest",
         "Field 'colour' could not be found in request message."),
    Rule("a query number out of range", SCHEMA, "GET", f"{NETWORKS}?maxResults=501", None, 400, "invalidParameter",
         "Values must be within the range: [0, 500]"),
    Rule("a required query parameter", "storage.v1.json", "GET", "/storage/storage/v1/b", None, 400, "required",
         "Required parameter: project"),
    Rule("a body where none is taken", SCHEMA, "DELETE", f"{NETWORKS}/n", {"force": True}, 400, "badRequest",
         "Root element must be a message."),
    Rule("a path parameter against its pattern", SCHEMA, "GET", f"{NETWORKS}/Bad_Name", None, 400, "invalid",
         "Must be a match of regex"),
    Rule("a method that is not served", "compute.v1.json", "GET", f"{COMPUTE}/global/backendBuckets", None, 501,
         "notImplemented", "compute.backendBuckets.list is not served locally"),
    Rule("a page token of somebody else", SCHEMA, "GET", f"{NETWORKS}?pageToken=nonsense", None, 400, "invalid",
         "Page token is invalid."),
    Rule("a filter that can't be read", SCHEMA, "GET", f"{NETWORKS}?filter=name", None, 400, "invalid",
         "Invalid list filter expression."),
    Rule("an unknown region", SCHEMA, "GET", f"{COMPUTE}/regions/mars-north1/subnetworks", None, 400, "invalid",
         "Unknown region."),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(cloud: RunningCloud, rule: Rule) -> None:
    rule.check(cloud)
    assert cloud.request("GET", NETWORKS)[1].get("items") is None


def test_all_violations_are_told_at_once(cloud: RunningCloud) -> None:
    _unused, answer = cloud.request("POST", NETWORKS, network(mtu="x", colour="red"))
    (details,) = answer["error"]["details"]
    assert [item.get("field", "") for item in details["fieldViolations"]] == ["mtu", ""]
    assert len(answer["error"]["message"].splitlines()) == 2


def test_output_only_fields_are_ignored(cloud: RunningCloud) -> None:
    sent = network(id="1", selfLink="https://nowhere.test/", creationTimestamp="never", kind="compute#other")
    assert cloud.request("POST", NETWORKS, sent)[0] == 200
    found = cloud.request("GET", f"{NETWORKS}/n")[1]
    assert (found["kind"], found["selfLink"]) == (
        "compute#network",
        f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/n",
    )


@pytest.mark.parametrize(
    ("token", "status", "says"),
    [
        ("", 401, "Request is missing required authentication credential."),
        ("wrong", 401, "Request had invalid authentication credentials."),
    ],
)
def test_credentials(cloud: RunningCloud, token: str, status: int, says: str) -> None:
    found, answer = cloud.request("GET", NETWORKS, token=token)
    assert (found, answer["error"]["status"]) == (status, "UNAUTHENTICATED")
    assert says in answer["error"]["message"]


def test_the_challenge_header(cloud: RunningCloud) -> None:
    connection = cloud.connection()
    connection.request("GET", NETWORKS)
    assert connection.getresponse().headers["WWW-Authenticate"].startswith("Bearer realm=")
    connection.close()


@pytest.mark.parametrize("path", ["/compute/compute/v2/projects", "/nothing", "/compute/compute/v1/planets"])
def test_an_unknown_path_is_a_page_not_an_object(cloud: RunningCloud, path: str) -> None:
    status, page = cloud.request("GET", path)
    assert status == 404
    assert page.startswith("<!DOCTYPE html>")


def test_the_host_names_the_service_too(cloud: RunningCloud) -> None:
    path = f"/compute/v1/projects/{PROJECT}/global/networks"
    for host in ("compute.googleapis.com", "www.googleapis.com"):
        assert cloud.request("GET", path, headers={"Host": host})[0] == 200
    assert cloud.request("GET", f"/v1/projects/{PROJECT}", headers={"Host": "compute.googleapis.com"})[0] == 404


def test_an_api_must_be_enabled(cloud: RunningCloud) -> None:
    """https://cloud.google.com/service-usage/docs/enabled-service"""
    path = DNS.replace(PROJECT, "another-project") + "/managedZones"
    status, answer = cloud.request("GET", path)
    (info,) = [item for item in answer["error"]["details"] if item["@type"].endswith("ErrorInfo")]
    assert (status, info["reason"], info["metadata"]["service"]) == (403, "SERVICE_DISABLED", "dns.googleapis.com")
    cloud.enable("dns", project="another-project")
    assert cloud.request("GET", path)[0] == 200
    cloud.admin("PATCH", "settings", {"strict_services": False})
    assert cloud.request("GET", COMPUTE.replace(PROJECT, "another-project") + "/global/networks")[0] == 200


def test_only_known_projects_exist_when_told_so(cloud: RunningCloud) -> None:
    cloud.admin("PATCH", "settings", {"projects": [PROJECT]})
    try:
        assert cloud.request("GET", COMPUTE.replace(PROJECT, "unknown-project") + "/global/networks")[0] == 404
        status, answer = cloud.request("GET", CLUSTERS.replace(PROJECT, "unknown-project"))
        assert (status, answer["error"]["status"]) == (403, "PERMISSION_DENIED")
    finally:
        cloud.admin("PATCH", "settings", {"projects": None})


def test_pages(cloud: RunningCloud) -> None:
    """https://google.aip.dev/158"""
    for number in range(5):
        cloud.request("POST", NETWORKS, network(name=f"n{number}"))
    names: list[str] = []
    token = ""
    for _turn in range(3):
        _unused, answer = cloud.request("GET", f"{NETWORKS}?maxResults=2" + (f"&pageToken={token}" if token else ""))
        names += [item["name"] for item in answer["items"]]
        token = answer.get("nextPageToken", "")
    assert (names, token) == (["n0", "n1", "n2", "n3", "n4"], "")


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("name%20%3D%20n1", ["n1"]),
        ("name%3D%22n2%22", ["n2"]),
        ("(name!=n0)%20(name!=n1)", ["n2"]),
        ("name%20eq%20n.*", ["n0", "n1", "n2"]),
        ("routingConfig.routingMode%3DGLOBAL%20AND%20name%3Dn1", []),
    ],
)
def test_filters(cloud: RunningCloud, expression: str, names: list[str]) -> None:
    """https://cloud.google.com/compute/docs/reference/rest/v1/networks/list#query-parameters"""
    for number in range(3):
        cloud.request("POST", NETWORKS, network(name=f"n{number}"))
    _unused, answer = cloud.request("GET", f"{NETWORKS}?filter={expression}")
    assert [item["name"] for item in answer.get("items", [])] == names
