"""Answers in the shapes that Google gives them, over HTTP: no shape of the same thing is a difference or a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError

from tests.support.scripted_google import Answer, Body, Google, error

NETWORKS = "/compute/v1/projects/p/global/networks"
CLUSTERS = "/v1/projects/p/locations/europe-west1/clusters"
NETWORK = {"kind": "network", "name": "main", "autoCreateSubnetworks": False}
CLUSTER = {"kind": "cluster", "name": "c", "location": "europe-west1", "network": "main"}
MAIN = {"kind": "compute#network", "id": "42", "name": "main", "autoCreateSubnetworks": False}


HTML = Answer(
    b"<html><head><style>p{}</style><title>Blocked</title></head><body><p>Ask  the help desk</p></body></html>", 502
)
LIMITED = {"status": "PERMISSION_DENIED", "details": [{"reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}]}

# What a LIST may be answered with while there is nothing to change.
LISTS: dict[str, list[Answer]] = {
    "in pages, one of them empty": [
        Answer({"kind": "compute#networkList", "nextPageToken": "a/b=="}),
        Answer({"items": [], "nextPageToken": "c"}),
        Answer({"items": [MAIN]}),
    ],
    "compressed": [Answer({"items": [MAIN]}, form="gzip")],
    "in chunks": [Answer({"items": [MAIN]}, form="chunked")],
    "with a warning and what nobody knows yet": [
        Answer({"items": [{**MAIN, "new": {"a": [1]}}], "warning": {"code": "NO_RESULTS_ON_PAGE", "data": []}})
    ],
    "too many requests": [error(429, "slow down", {"Retry-After": "0"}), Answer({"items": [MAIN]})],
    "too many requests, as a forbidden": [error(403, "Quota exceeded", **LIMITED), Answer({"items": [MAIN]})],
    "a page of a proxy's": [HTML, Answer({"items": [MAIN]})],
    "a time out of a load balancer": [Answer(b"", 408), Answer({"items": [MAIN]})],
    "an error in a list": [Answer([{"error": {"code": 503, "message": "later"}}], 503), Answer({"items": [MAIN]})],
    "not whole at first": [Answer({"unreachables": ["a zone"]}), Answer({"items": [MAIN]})],
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_in_any_form(google: Google, case: str) -> None:
    google.says(f"GET /compute{NETWORKS}", *LISTS[case])
    result = google.run(NETWORK)
    assert (result["summary"], result["mutations"]) == ("1 unchanged", 0)


def test_a_list_of_nothing_has_no_items(google: Google) -> None:
    google.says(f"GET /compute{NETWORKS}", Answer({"kind": "compute#networkList", "id": "x"}))
    assert google.run(NETWORK, check=True)["summary"] == "1 to create, 0 unchanged"


FAILURES: dict[str, tuple[Answer, str]] = {
    "a page of a proxy's": (Answer(HTML.body, 403), "403 without an error object of Google's: \"Blocked Ask the help"),
    "sent elsewhere": (Answer(b"", 302, {"Location": "http://login.example/"}), "not to be sent to http://login.exam"),
    "no JSON": (Answer(b"<p>Welcome</p>"), 'with malformed JSON: "Welcome"'),
    "never whole": (Answer({"missingZones": ["europe-west1-b"]}), "europe-west1-b could not be reached"),
    "an error of OAuth's": (Answer({"error": "invalid_grant"}, 400), "400 invalid_grant"),
    "forbidden": (error(403, "no permission", status="PERMISSION_DENIED"), "403 no permission"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_in_its_own_words(google: Google, case: str) -> None:
    answer, message = FAILURES[case]
    google.says(f"GET /compute{NETWORKS}", answer)
    with pytest.raises(PlatformError) as failed:
        google.run(NETWORK)
    assert message in failed.value.message and NETWORKS.lstrip("/") in failed.value.message


def operation(status: str, **more: Any) -> Answer:
    return Answer({"name": "op-1", "operationType": "CREATE_CLUSTER", "status": status, **more})


def cluster_made(google: Google, *ends: Answer) -> Body:
    """A cluster is created; its operation is seen running, then as ``ends``."""
    google.says(f"GET /container{CLUSTERS}", Answer({}))
    google.says(f"GET /container{CLUSTERS}/c", Answer({"name": "c", "network": "main", "status": "RUNNING"}))
    google.says(f"POST /container{CLUSTERS}", operation("PENDING"))
    where = "/container/v1/projects/p/locations/europe-west1/operations"
    google.says(f"GET {where}", Answer({}))
    google.says(f"GET {where}/op-1", operation("RUNNING"), operation("ABORTING"), *ends)
    return google.run(CLUSTER)


def test_an_operation_is_followed_to_its_end(google: Google) -> None:
    assert cluster_made(google, operation("DONE"))["counts"]["create"] == 1
    assert sum(line.startswith("POST") for line in google.seen) == 1


def test_an_operation_that_is_forgotten_is_not_a_failure(google: Google) -> None:
    assert cluster_made(google, error(404, "not found"))["counts"]["create"] == 1


@pytest.mark.parametrize(
    "failure", [{"error": {"code": 9, "message": "no more addresses"}}, {"statusMessage": "no more addresses"}]
)
def test_an_operation_that_failed_says_why(google: Google, failure: Body) -> None:
    with pytest.raises(PlatformError, match="cluster/c: CREATE_CLUSTER failed: no more addresses"):
        cluster_made(google, operation("DONE", **failure))


def test_an_operation_of_compute_is_known_by_its_kind(google: Google) -> None:
    running = {"kind": "compute#operation", "name": "op-1", "status": "RUNNING"}
    google.says(f"GET /compute{NETWORKS}", Answer({}))
    google.says(f"GET /compute{NETWORKS}/main", Answer(MAIN))
    google.says(f"POST /compute{NETWORKS}", Answer(running))
    where = "GET /compute/compute/v1/projects/p/global/operations/op-1"
    google.says(where, Answer(running), Answer({**running, "status": "DONE"}))
    google.run(NETWORK)
    assert sum(line == where for line in google.seen) == 2


@pytest.mark.parametrize("reason", [{"status": "ALREADY_EXISTS"}, {"errors": [{"reason": "alreadyExists"}]}])
def test_what_another_made_meanwhile_is_adopted(google: Google, reason: Body) -> None:
    google.says(f"GET /compute{NETWORKS}", Answer({}))
    google.says(f"GET /compute{NETWORKS}/main", Answer(MAIN))
    google.says(f"POST /compute{NETWORKS}", error(409, "The resource 'main' already exists", **reason))
    google.says("GET /compute/compute/v1/projects/p/global/operations", Answer({}))
    assert google.run(NETWORK)["warnings"] == []


BUSY: list[Callable[[], Answer]] = [
    lambda: error(400, "Cluster is running incompatible operation operation-1.", status="FAILED_PRECONDITION"),
    lambda: error(
        400,
        "Operation operation-1 is currently upgrading cluster c. Please wait and try again once it is done.",
        status="FAILED_PRECONDITION",
    ),
    lambda: error(400, "busy", details=[{"reason": "CLUSTER_ALREADY_HAS_OPERATION"}]),
]


@pytest.mark.parametrize("busy", BUSY)
def test_a_busy_cluster_is_asked_again(google: Google, busy: Callable[[], Answer]) -> None:
    live = {"name": "c", "network": "main", "status": "RUNNING"}
    google.says(f"GET /container{CLUSTERS}", Answer({"clusters": [live]}))
    done = {**live, "releaseChannel": {"channel": "STABLE"}}
    google.says(f"GET /container{CLUSTERS}/c", Answer(live), Answer(done))
    google.says(f"PUT /container{CLUSTERS}/c", busy(), operation("DONE"))
    google.says("GET /container/v1/projects/p/locations/europe-west1/operations", Answer({}))
    assert google.run({**CLUSTER, "releaseChannel": {"channel": "STABLE"}})["warnings"] == []


def test_a_name_does_not_end_the_path(google: Google) -> None:
    names = ["GET /secretmanager/v1/projects/p/secrets/a%3Fb%23c%20d/versions/latest:access"]
    google.run({"kind": "secret_version", "name": "v", "secret": "a?b#c d", "payload_from": "x"}, check=True)
    assert google.seen == names
