"""A cluster that enforces Binary Authorization: a real API server asks the local cloud before it makes a pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.testing import PROJECT, RunningCloud
from testbed.nodes.addons import image_policy
from tests.support.apiserver import needed_program, running
from tests.support.cloud import CLUSTER, CONTAINER, changed, make

POLICY = f"/binaryauthorization/v1/projects/{PROJECT}/policy"
ENFORCED = "ENFORCED_BLOCK_AND_AUDIT_LOG"
ALLOW = {"evaluationMode": "ALWAYS_ALLOW", "enforcementMode": ENFORCED}
DENY = {"evaluationMode": "ALWAYS_DENY", "enforcementMode": ENFORCED}
PLACE = "europe-west1.primary"
OWN, OTHERS = "europe-west1-docker.pkg.dev/p/images/ping:1", "docker.io/library/nginx:1"


@pytest.fixture(scope="module")
def client() -> Iterator[ClusterClient]:
    with running(needed_program()) as server:
        found = ClusterClient.from_connection(server.connection)
        yield found
        found.close()


@pytest.fixture
def cluster(network: RunningCloud, client: ClusterClient) -> RunningCloud:
    """A cloud with a cluster that enforces the policy: its own images and no other."""
    mode = {"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}
    make(network, f"{CONTAINER}/clusters", {"cluster": changed(CLUSTER, binaryAuthorization=mode)})
    backend = network.local.backend
    assert isinstance(backend, MemoryBackend)
    told = backend.requests["primary"].google
    client.apply(image_policy.webhook(told["image_policy"], told["authority"]))
    write(network, clusterAdmissionRules={PLACE: DENY}, admissionWhitelistPatterns=[{"namePattern": f"{OWN[:-1]}*"}])
    return network


def write(cloud: RunningCloud, **fields: Any) -> None:
    make(cloud, POLICY, {"globalPolicyEvaluationMode": "ENABLE", "defaultAdmissionRule": ALLOW, **fields}, verb="PUT")


def refusal(
    client: ClusterClient, *images: str, labels: dict[str, str] | None = None, field: str = "containers"
) -> str:
    """What the API server says of a pod with these images; empty when it takes it."""
    spec = {"containers": [{"name": "own", "image": OWN}]}
    spec[field] = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default", "labels": labels or {}}}
    try:
        client.create({**pod, "spec": spec}, dry_run=True)
    except ApiError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_what_the_policy_does_not_name_is_refused_in_googles_words(client: ClusterClient, field: str) -> None:
    said = refusal(client, OTHERS, field=field)
    assert f'admission webhook "{image_policy.NAME}" denied the request' in said
    assert f"Image {OTHERS} denied by Binary Authorization cluster admission rule for {PLACE}" in said
    assert "Denied by always_deny admission rule" in said
    assert refusal(client, OWN, field=field) == ""


@pytest.mark.usefixtures("cluster")
def test_one_image_of_several_is_enough(client: ClusterClient) -> None:
    assert f"Image {OTHERS} denied" in refusal(client, OWN, OTHERS)


@pytest.mark.usefixtures("cluster")
def test_googles_own_images_and_a_broken_glass_are_let_through(client: ClusterClient) -> None:
    assert refusal(client, "localhost/pingpong/coredns:1") == ""
    assert refusal(client, OTHERS, labels={"image-policy.k8s.io/break-glass": "true"}) == ""
    assert refusal(client, OTHERS, labels={"image-policy.k8s.io/break-glass": "false"}) != ""


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"defaultAdmissionRule": DENY}, "denied by Binary Authorization default admission rule."),
        ({"defaultAdmissionRule": {**DENY, "enforcementMode": "DRYRUN_AUDIT_LOG_ONLY"}}, ""),
        ({"clusterAdmissionRules": {"us-east1.primary": DENY}}, ""),
    ],
    ids=["the default", "a dry run", "another cluster's"],
)
def test_the_policy_is_asked_for_each_pod(
    cluster: RunningCloud, client: ClusterClient, written: dict[str, Any], says: str
) -> None:
    write(cluster, **written)
    said = refusal(client, OTHERS)
    assert says in said and bool(says) is bool(said)


def test_a_cluster_that_enforces_nothing_is_not_told_whom_to_ask(network: RunningCloud) -> None:
    make(network, f"{CONTAINER}/clusters", {"cluster": CLUSTER})
    backend = network.local.backend
    assert isinstance(backend, MemoryBackend)
    assert "image_policy" not in backend.requests["primary"].google
