"""What the role declares makes the real cert-manager issue, from a real ACME server, by DNS of the local cloud.

Pebble asks the cloud's own name server; cert-manager's controller runs beside a real API server, learns who it is from
the nodes' metadata server, and may in Cloud DNS what the zone's policy gives its service account.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import DeadlineError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.manifests.charts import render
from cryptography import x509
from cryptography.x509 import verification

from testbed.cloud.acme import pebble
from testbed.cloud.backend import Issuer
from testbed.cloud.backend.memory import MemoryBackend
from testbed.cloud.core.protocol.values import project_number
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from testbed.host import TIED, cache_root
from testbed.images import cert_manager, golang
from testbed.nodes.metadata import server as metadata
from tests.support.apiserver import ApiServer, free_ports, helm_program
from tests.support.engine import Engine
from tests.support.layers import with_defaults
from tests.support.pods import POOL, PROVIDER, make_cluster
from tests.support.roles import evaluated, rendered

# cert-manager waits for a minute once it has seen the answer to a challenge.
pytestmark = pytest.mark.long
NAMESPACE = "istio-ingress"
NAMESPACES = ("cert-manager", NAMESPACE)
# Beside the day that the role renews before its end, a certificate lives for seconds.
RENEWED_AFTER = 25
CHANGES = {"platform_project": PROJECT, "edge_acme_renew_before_days": 1, "edge_acme_email": ""}


@dataclass
class Edge:
    """Everything that issues, without a gateway that shows it."""

    server: ApiServer
    client: ClusterClient
    cloud: RunningCloud
    pebble: pebble.Pebble

    def grant(self, kinds: tuple[str, ...] = ("dns_zone", "dns_zone_iam"), state: str = "present") -> None:
        """Of the role's cloud resources those of these kinds."""
        (resources,) = rendered("edge", "production", "resources.yml.j2", **CHANGES)
        Engine(self.cloud)([entry for entry in resources if entry["kind"] in kinds], state=state, unprotect=True)

    def apply(self, timeout: float) -> None:
        """The role's certificate, as its task applies it."""
        acme = {"edge_acme_server": self.pebble.directory, "edge_acme_ca": self.pebble.authority.read_text()}
        (objects,) = rendered("edge", "production", "certificate.yml.j2", **CHANGES, **acme)
        options = {"connection": self.server.connection, "environment_name": "production", "layer": "edge-certificate",
                   "objects": objects, "wait_timeout": timeout}  # fmt: skip
        run(with_defaults(options), check_mode=False)

    def chain(self) -> list[x509.Certificate]:
        """What a gateway would show now."""
        found = self.client.get("v1", "Secret", "edge-tls", NAMESPACE)
        data = base64.b64decode((found or {}).get("data", {}).get("tls.crt", ""))
        return x509.load_pem_x509_certificates(data) if data else []

    def trusted(self) -> bool:
        """Whether who trusts the ACME server's roots, as clients trust public ones, takes it for the edge."""
        store = verification.Store([x509.load_pem_x509_certificate(self.pebble.roots().encode())])
        name = x509.DNSName("ping.example.com")
        first, *others = self.chain()
        try:
            verification.PolicyBuilder().store(store).build_server_verifier(name).verify(first, others)
        except verification.VerificationError:
            return False
        return True


@pytest.fixture(scope="module")
def edge(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    programs = _programs()
    folder = tmp_path_factory.mktemp("acme")
    client = ClusterClient.from_connection(server.connection)
    backend = MemoryBackend(delay=0.01, issuers={"primary": _issuer(server)})
    with contextlib.ExitStack() as stack:
        stack.callback(client.close)
        cloud = stack.enter_context(running_cloud(folder / "cloud", backend))
        make_cluster(cloud)
        dns = f"127.0.0.1:{cloud.dns_port}"
        directory, management, listening, metrics = free_ports(4)
        lifetime = 86400 + RENEWED_AFTER
        acme = pebble.running(folder / "pebble", dns, (directory, management), validity=lifetime)
        served = stack.enter_context(acme)
        _prepare(client, folder, stack)
        _serve_metadata(server, cloud, folder, listening, stack)
        command = [
            *TIED, str(programs / "controller"), f"--kubeconfig={server.kubeconfig}", "--leader-elect=false",
            "--cluster-resource-namespace=cert-manager", f"--metrics-listen-address=127.0.0.1:{metrics}",
            f"--dns01-recursive-nameservers={dns}", "--dns01-check-retry-period=1s",
            *evaluated("edge", "production", "__edge_cert_manager_values.extraArgs"),
        ]  # fmt: skip
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "GCE_METADATA_HOST": f"127.0.0.1:{listening}",
            "HTTPS_PROXY": cloud.proxy, "NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": str(cloud.ca_file),
        }  # fmt: skip
        log = stack.enter_context((folder / "controller.log").open("wb"))
        controller = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        stack.callback(controller.wait)
        stack.callback(controller.terminate)
        yield Edge(server, client, cloud, served)


def _programs() -> Path:
    """The folder of cert-manager's programs, built if need be."""
    if helm_program() is None:
        pytest.skip("helm is not built: python -m testbed images")
    cache = cache_root()
    return golang.build(golang.BY_NAME["cert-manager"], cache, cache / "logs" / "go-cert-manager.log")


def _issuer(server: ApiServer) -> Issuer:
    """Who signs the API server's tokens of service accounts, as it says."""
    command = [str(server.kubectl), f"--kubeconfig={server.kubeconfig}", "get", "--raw=/openid/v1/jwks"]
    keys = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["keys"]
    return Issuer("https://kubernetes.default.svc", tuple(keys))


def _prepare(client: ClusterClient, folder: Path, stack: contextlib.ExitStack) -> None:
    """cert-manager's definitions from its chart, and its pod, whose address is this machine's own."""
    helm = helm_program()
    assert helm is not None
    chart = {
        "name": "cert-manager", "chart": str(cert_manager.place_chart(folder / "chart")), "namespace": "cert-manager",
        "kube_version": golang.KUBERNETES_VERSION,
        "values": evaluated("edge", "production", "__edge_cert_manager_values"),
    }  # fmt: skip
    made = render(chart, str(helm))
    account = ("ServiceAccount", "cert-manager")
    objects = [
        *(obj for obj in made if obj["kind"] == "CustomResourceDefinition"),
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES),
        *(obj for obj in made if (obj["kind"], obj["metadata"]["name"]) == account),
        {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "cert-manager"},
            "spec": {"serviceAccountName": "cert-manager", "containers": [{"name": "c", "image": "localhost/none"}]},
        },
    ]  # fmt: skip
    for obj in objects:
        place = (obj["apiVersion"], obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace"))
        client.create(obj)
        stack.callback(client.delete, *place)
    status = {"podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}], "phase": "Running"}
    client.patch("v1", "Pod", "pod", "cert-manager", {"status": status}, subresource="status")


def _serve_metadata(
    server: ApiServer, cloud: RunningCloud, folder: Path, port: int, stack: contextlib.ExitStack
) -> None:
    (folder / "token").write_text(server.token)
    (folder / "api.pem").write_text(server.ca_certificate)
    identities = metadata.Identities(
        api=server.endpoint, token=folder / "token", ca=folder / "api.pem",
        sts=f"https://127.0.0.1:{cloud.port}/sts/v1/token", sts_ca=cloud.ca_file, pool=POOL,
        provider=f"{PROVIDER}primary", number=project_number(PROJECT),
    )  # fmt: skip
    serving = stack.enter_context(metadata.server(identities, ("127.0.0.1", port)))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    stack.callback(serving.shutdown)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def test_without_its_role_it_says_so_and_with_it_the_certificate_is_issued(edge: Edge) -> None:
    edge.grant(("dns_zone",))
    with pytest.raises(DeadlineError) as caught:
        edge.apply(timeout=20)
    said = str(caught.value)
    assert "is pending: googleapi: Error 403: Forbidden, forbidden" in said
    named = evaluated("edge", "production", "__edge_acme_refused", __edge_acme_unissued=said, **CHANGES)
    assert f"{POOL}[cert-manager/cert-manager]: expected the role roles/dns.admin on the zone ping-example-com" in named

    assert edge.chain(), "a Gateway needs a certificate from the start"
    assert not edge.trusted(), "and verify does not take that one"

    edge.grant()
    edge.apply(timeout=300)
    assert edge.trusted()
    names = edge.chain()[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"ping.example.com", "b.ping.example.com"}


def test_it_is_renewed_before_its_end(edge: Edge) -> None:
    edge.grant()
    edge.apply(timeout=300)
    before = edge.chain()[0].serial_number
    assert within(300, lambda: edge.chain()[0].serial_number != before)
    assert edge.trusted()
