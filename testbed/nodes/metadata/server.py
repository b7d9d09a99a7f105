"""GKE's metadata server, as a program of its own on a node: to each pod it answers as the pod's service account.

Who asks is known by the connection's address alone; the token is the account's own, for the workload identity pool,
exchanged at the security token service. It runs with nothing but Python's own library, in a pod on the node's network.
https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity#metadata_server
"""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = "/computeMetadata/v1/"
ACCOUNTS = "instance/service-accounts/"
FLAVOR = "Metadata-Flavor"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
KIND = "urn:ietf:params:oauth:token-type:"
SECONDS = 3600
IN_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Refused(Exception):
    """An answer other than 200: its status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Identities:
    """Where identities come from.

    ``api`` is the API server's URL, ``token`` the file with this program's token there and ``ca`` whom to trust as it.
    ``sts`` is the token exchange's URL and ``sts_ca`` the same for it. ``pool`` is the workload identity pool,
    ``provider`` the cluster's URL in it; ``number`` is the project's. ``node``: whose pods are answered; empty for all.
    """

    api: str
    token: Path
    ca: Path
    sts: str
    sts_ca: Path
    pool: str
    provider: str
    number: str
    node: str = ""

    def pod(self, address: str) -> Mapping[str, Any]:
        """The pod that has the address, and does not share it with its node."""
        chosen = [f"status.podIP={address}", *([f"spec.nodeName={self.node}"] if self.node else [])]
        query = urllib.parse.urlencode({"fieldSelector": ",".join(chosen)})
        for pod in self._kubernetes("GET", f"/api/v1/pods?{query}")["items"]:
            ended = pod["status"].get("phase") in ("Succeeded", "Failed")
            if not ended and not pod["spec"].get("hostNetwork"):
                found: Mapping[str, Any] = pod
                return found
        raise Refused(404, f"No pod of this node has the address {address}.")

    def access(self, pod: Mapping[str, Any]) -> dict[str, Any]:
        """An access token of the pod's service account."""
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        account = pod["spec"].get("serviceAccountName") or "default"
        bound = {"kind": "Pod", "apiVersion": "v1", "name": name, "uid": pod["metadata"]["uid"]}
        spec = {"audiences": [self.pool], "expirationSeconds": SECONDS, "boundObjectRef": bound}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        own = self._kubernetes("POST", path, {"spec": spec})["status"]["token"]
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": f"identitynamespace:{self.pool}:{self.provider}",
            "scope": SCOPE,
            "requested_token_type": f"{KIND}access_token",
            "subject_token_type": f"{KIND}jwt",
            "subject_token": own,
        }
        request = urllib.request.Request(self.sts, urllib.parse.urlencode(form).encode(), method="POST")  # noqa: S310 - as configured
        granted = _answer(request, self.sts_ca)
        return {name: granted[name] for name in ("access_token", "expires_in", "token_type")}

    def _kubernetes(self, verb: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token.read_text().strip()}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api}{path}", data, headers, method=verb)  # noqa: S310 - as configured
        return _answer(request, self.ca)


def _answer(request: urllib.request.Request, authority: Path) -> Any:
    handler = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority))
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
        with opener.open(request, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused(403, f"{request.full_url}: {error.code}: {error.read().decode('utf-8', 'replace')}") from None
    except OSError as error:
        raise Refused(503, f"{request.full_url}: {error}") from None


def answer(identities: Identities, address: str, verb: str, target: str, headers: Message) -> str | dict[str, Any]:
    """What the pod with this address is answered; raises Refused."""
    url = urllib.parse.urlsplit(target)
    if headers.get(FLAVOR) != "Google":
        raise Refused(403, f"Missing {FLAVOR}:Google header.")
    if headers.get("X-Forwarded-For"):
        raise Refused(403, "Requests with the header X-Forwarded-For are not served.")
    if verb != "GET":
        raise Refused(405, "Only GET is served.")
    plain = {
        "/": "computeMetadata/\n",
        f"{ROOT}project/project-id": identities.pool.removesuffix(".svc.id.goog"),
        f"{ROOT}project/numeric-project-id": identities.number,
        f"{ROOT}universe/universe-domain": "googleapis.com",
    }
    if url.path in plain:
        return plain[url.path]
    # Without a service account of Google's that a pod's own is linked to, the pool stands for the account's name.
    account, _unused, field = url.path.removeprefix(ROOT + ACCOUNTS).partition("/")
    if not url.path.startswith(ROOT + ACCOUNTS) or account not in ("default", identities.pool):
        raise Refused(404, f"The requested URL {url.path} was not found on this server.")
    pod = identities.pod(address)
    if field == "token":
        return identities.access(pod)
    recursive = urllib.parse.parse_qs(url.query).get("recursive", [""])[0].lower() == "true"
    listed = {"aliases": ["default"], "email": identities.pool, "scopes": [SCOPE]}
    fields: dict[str, str | dict[str, Any]] = {
        "": listed if recursive else "aliases\nemail\nscopes\ntoken\n",
        "email": identities.pool,
        "scopes": f"{SCOPE}\n",
    }
    if field not in fields:
        raise Refused(404, f"The requested URL {url.path} was not found on this server.")
    return fields[field]


def server(identities: Identities, at: tuple[str, int]) -> ThreadingHTTPServer:
    """A server that listens; whoever made it serves and closes it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            status = 200
            try:
                found = answer(identities, self.client_address[0], self.command, self.path, self.headers)
            except Refused as refused:
                status, found = refused.status, str(refused)
            text, kind = (found, "text") if isinstance(found, str) else (json.dumps(found), "json")
            self.send_response(status)
            self.send_header(FLAVOR, "Google")
            self.send_header("Content-Type", f"application/{kind}")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def version_string(self) -> str:
            return "GKE Metadata Server"

        def log_message(self, format: str, *args: object) -> None:
            """A line for each request: never what was answered."""
            print(self.client_address[0], format % args, flush=True)

    return ThreadingHTTPServer(at, Handler)


def main() -> None:
    """Serve the pods of this node, as the environment says."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    identities = Identities(
        api=f"https://{host}:{port}", token=IN_POD / "token", ca=IN_POD / "ca.crt",
        sts=os.environ["STS"], sts_ca=Path(os.environ["STS_CA"]), pool=os.environ["POOL"],
        provider=os.environ["PROVIDER"], number=os.environ["PROJECT_NUMBER"], node=os.environ["NODE"],
    )  # fmt: skip
    address, _unused, at = os.environ["LISTEN"].partition(":")
    server(identities, (address, int(at))).serve_forever()


if __name__ == "__main__":
    main()
