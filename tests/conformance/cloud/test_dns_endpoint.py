"""A cluster's DNS endpoint: who gets through to the API server behind it.

Sources: container.v1.json, DNSEndpointConfig; https://cloud.google.com/kubernetes-engine/docs/concepts/network-isolation
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from testbed.cloud.access.admission import Refusal, decide
from testbed.cloud.backend import ClusterEndpoint
from testbed.cloud.backend.memory import VERSION, MemoryBackend
from testbed.cloud.core.state.identity import Workload
from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.support.authority import Authority
from tests.support.cloud import APIS, CLUSTER, COMPUTE, CONTAINER, SUBNETWORK, changed, make

PRIMARY = f"{CONTAINER}/clusters/primary"
POLICY = f"/cloudresourcemanager/v1/projects/{PROJECT}:setIamPolicy"


async def _api_server(request: web.Request) -> web.StreamResponse:
    """Stands in the API server's place: says what reached it, streams a watch, echoes an exec."""
    if "watch" in request.query:
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(3):
            await response.write(json.dumps({"event": number}).encode() + b"\n")
        return response
    if request.path.endswith("/exec"):
        socket = web.WebSocketResponse(protocols=["v5.channel.k8s.io"])
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(bytes(message.data)[::-1])
        return socket
    return web.json_response({"path": request.raw_path, "authorization": request.headers.get("Authorization")})


@dataclass
class Site:
    """A cloud with a cluster behind its DNS endpoint."""

    cloud: RunningCloud
    authority: Authority

    @property
    def host(self) -> str:
        config = self.cloud.request("GET", PRIMARY)[1]["controlPlaneEndpointsConfig"]
        return str(config["dnsEndpointConfig"]["endpoint"])

    def allow(self, **config: bool) -> None:
        change = {"desiredControlPlaneEndpointsConfig": {"dnsEndpointConfig": config}}
        make(self.cloud, PRIMARY, {"update": change}, verb="PUT")

    def get(self, path: str, token: str | None) -> tuple[int, str, bytes]:
        """By its real name through the CONNECT proxy: status, content type, body."""
        port = int(self.cloud.proxy.rpartition(":")[2])
        context = ssl.create_default_context(cafile=str(self.cloud.ca_file))
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        connection.set_tunnel(self.host, 443)
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        found = answer.status, answer.headers.get_content_type(), answer.read()
        connection.close()
        return found


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("front")
    authority, backend = Authority("a cluster's own"), MemoryBackend(delay=0.01)
    (folder / "leaf.pem").write_bytes(authority.leaf("kubernetes", 30))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    with running_cloud(folder / "cloud", backend) as cloud:

        async def start() -> tuple[web.AppRunner, int]:
            application = web.Application()
            application.router.add_route("*", "/{tail:.*}", _api_server)
            runner = web.AppRunner(application)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            return runner, int(runner.addresses[0][1])

        runner, port = asyncio.run_coroutine_threadsafe(start(), cloud.loop).result(10)
        backend.clusters["primary"] = ClusterEndpoint(f"127.0.0.1:{port}", authority.pem, VERSION)
        cloud.enable(*APIS)
        make(cloud, f"{COMPUTE}/global/networks", {"name": "net", "autoCreateSubnetworks": False})
        make(cloud, f"{COMPUTE}/regions/europe-west1/subnetworks", SUBNETWORK)
        pool = {"workloadIdentityConfig": {"workloadPool": f"{PROJECT}.svc.id.goog"}}
        make(cloud, f"{CONTAINER}/clusters", {"cluster": changed(CLUSTER, **pool)})
        yield Site(cloud, authority)
        asyncio.run_coroutine_threadsafe(runner.cleanup(), cloud.loop).result(10)


@pytest.fixture
def site(standing: Site) -> Site:
    standing.allow(allowExternalTraffic=True, enableK8sTokensViaDns=False)
    return standing


def test_closed_until_external_traffic_is_allowed(standing: Site) -> None:
    standing.allow(allowExternalTraffic=False)
    status, kind, body = standing.get("/version", standing.cloud.token)
    assert (status, kind) == (403, "text/html") and b"That&rsquo;s an error" in body
    standing.allow(allowExternalTraffic=True)
    assert standing.get("/version", standing.cloud.token)[0] == 200


def test_requests_and_watches_reach_the_api_server(site: Site) -> None:
    path = "/api/v1/namespaces/a%2Fb/pods?labelSelector=a%3Db"
    _unused, _kind, body = site.get(path, site.cloud.token)
    assert json.loads(body) == {"path": path, "authorization": f"Bearer {site.cloud.token}"}
    lines = site.get("/api/v1/pods?watch=1", site.cloud.token)[2].splitlines()
    assert [json.loads(line)["event"] for line in lines] == [0, 1, 2]


def test_exec_goes_through(site: Site) -> None:
    async def talk() -> tuple[str | None, bytes]:
        context = ssl.create_default_context(cafile=str(site.cloud.ca_file))
        headers = {"Authorization": f"Bearer {site.cloud.token}", "Host": site.host}
        async with aiohttp.ClientSession() as session:
            url = f"wss://127.0.0.1:{site.cloud.port}/api/v1/namespaces/a/pods/p/exec?command=ls"
            async with session.ws_connect(url, headers=headers, ssl=context, protocols=["v5.channel.k8s.io"]) as socket:
                await socket.send_bytes(b"abc")
                return socket.protocol, await socket.receive_bytes(timeout=10)

    assert asyncio.run(talk()) == ("v5.channel.k8s.io", b"cba")


def test_the_certificate_is_not_the_clusters(site: Site) -> None:
    context = ssl.create_default_context(cadata=site.authority.pem)
    connection = http.client.HTTPSConnection("127.0.0.1", int(site.cloud.proxy.rpartition(":")[2]), context=context)
    connection.set_tunnel(site.host, 443)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/version")


def test_without_a_credential_or_with_the_clusters_own_nobody_gets_in(site: Site) -> None:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
             for part in ({"alg": "RS256"}, {"kubernetes.io": {"namespace": "a"}})]  # fmt: skip
    token = ".".join([*parts, "c2ln"])
    assert [site.get("/version", credential)[0] for credential in (None, "ya29.unknown", token)] == [401, 401, 401]
    site.allow(enableK8sTokensViaDns=True)
    assert site.get("/version", token)[0] == 200
    assert site.get("/version", "ya29.unknown")[0] == 401


def test_a_workload_needs_the_permission_to_connect(site: Site) -> None:
    own = site.cloud.local.cloud
    workload = Workload(PROJECT, "app", "robot", "")
    token = site.cloud.call(lambda: own.grants.give(workload, own.clock(), own.clock() + 600))
    status, _kind, body = site.get("/version", token)
    assert status == 403 and "container.clusters.connect" in json.loads(body)["error"]["message"]
    member = next(item for item in workload.members if item.startswith("principal:"))
    bindings: Any = [{"role": "roles/container.viewer", "members": [member]}]
    make(site.cloud, POLICY, {"policy": {"bindings": bindings}})
    assert site.get("/version", token)[0] == 200


def test_no_such_cluster(site: Site) -> None:
    assert decide({}, "owner", lambda: True) == Refusal(
        403, "Your client does not have permission to get this URL from this server.", page=True
    )
    status, _unused = site.cloud.request("GET", "/version", headers={"Host": "gke-none-1.europe-west1.gke.goog"})
    assert status == 404
