"""A real etcd and kube-apiserver on loopback, up in seconds: what the conformance tests talk to.

Objects are stored, validated, defaulted, owned, collected and their namespaces emptied as in any cluster; there are
no nodes, so pods never run and Deployments never become ready unless a test writes their status.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CACHE = Path(os.environ.get("PINGPONG_CACHE") or Path.home() / ".cache" / "pingpong-platform")
READY_TIMEOUT = 60.0
CONTROLLERS = (
    "namespace-controller", "garbage-collector-controller", "deployment-controller", "replicaset-controller",
)  # fmt: skip


@dataclass(frozen=True)
class ApiServer:
    """A running API server: ``connection`` is what the modules take as their option."""

    endpoint: str
    ca_certificate: str
    token: str
    folder: Path
    kubectl: Path

    @property
    def connection(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "ca_certificate": self.ca_certificate, "token": self.token}

    @property
    def certificate(self) -> tuple[Path, Path]:
        """The server's certificate and key, for who stands in front of it on loopback."""
        return self.folder / "server.pem", self.folder / "server.key"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"


def program() -> Path | None:
    """The bundle of Kubernetes' programs that the testbed builds, None when it has not been built."""
    return _built("kubernetes")


def needed_program() -> Path:
    """The same for a test, which is skipped when it has not been built."""
    found = program()
    if found is None:
        pytest.skip("the Kubernetes programs are not built: python -m testbed images")
    return found


def helm_program() -> Path | None:
    """The helm that the testbed builds, None when it has not been built."""
    return _built("helm")


def _built(name: str) -> Path | None:
    found = sorted((CACHE / "go").glob(f"{name}-*/{name}"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None


@contextlib.contextmanager
def running(
    bundle: Path, controllers: Sequence[str] = CONTROLLERS, options: Sequence[str] = (), address: str = "127.0.0.1"
) -> Iterator[ApiServer]:
    """Start all, wait until the server is ready, and leave nothing behind.

    ``controllers`` by kube's names for them, ``options`` are further ones of their manager. ``address`` is one more
    that the server's certificate names.
    """
    folder = Path(tempfile.mkdtemp(prefix="apiserver-"))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        programs = {name: folder / name for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")}
        for link in programs.values():
            link.symlink_to(bundle)
        etcd_port, peer_port, port = free_ports(3)
        authority = _certificates(folder, address)
        token = secrets.token_hex(16)
        (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
        etcd_url = f"http://127.0.0.1:{etcd_port}"
        peer_url = f"http://127.0.0.1:{peer_port}"
        processes.append(
            _start(
                folder / "etcd.log",
                [
                    programs["etcd"],
                    f"--data-dir={folder / 'data'}",
                    f"--listen-client-urls={etcd_url}",
                    f"--advertise-client-urls={etcd_url}",
                    f"--listen-peer-urls={peer_url}",
                    f"--initial-advertise-peer-urls={peer_url}",
                    f"--initial-cluster=default={peer_url}",
                    "--unsafe-no-fsync",
                    "--log-level=error",
                ],
            )
        )
        processes.append(
            _start(
                folder / "apiserver.log",
                [
                    programs["kube-apiserver"],
                    f"--etcd-servers={etcd_url}",
                    f"--secure-port={port}",
                    "--bind-address=127.0.0.1",
                    f"--tls-cert-file={folder / 'server.pem'}",
                    f"--tls-private-key-file={folder / 'server.key'}",
                    f"--token-auth-file={folder / 'tokens.csv'}",
                    f"--client-ca-file={folder / 'ca.pem'}",
                    # By what an aggregated API knows that it is this server that asks, and for whom.
                    f"--requestheader-client-ca-file={folder / 'ca.pem'}",
                    "--requestheader-allowed-names=front-proxy",
                    "--requestheader-username-headers=X-Remote-User",
                    "--requestheader-group-headers=X-Remote-Group",
                    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                    f"--proxy-client-cert-file={folder / 'proxy.pem'}",
                    f"--proxy-client-key-file={folder / 'proxy.key'}",
                    f"--service-account-key-file={folder / 'accounts.key'}",
                    f"--service-account-signing-key-file={folder / 'accounts.key'}",
                    "--service-account-issuer=https://kubernetes.default.svc",
                    f"--cert-dir={folder}",
                    "--authorization-mode=RBAC",
                    "--allow-privileged=true",
                    "--service-cluster-ip-range=10.96.0.0/16",
                    # Nothing creates the default accounts here.
                    "--disable-admission-plugins=ServiceAccount",
                    "--v=0",
                ],
            )
        )
        server = ApiServer(f"https://127.0.0.1:{port}", authority, token, folder, programs["kubectl"])
        _write_kubeconfig(server)
        _wait_ready(server, processes)
        processes.append(
            _start(
                folder / "controllers.log",
                [
                    programs["kube-controller-manager"],
                    f"--kubeconfig={server.kubeconfig}",
                    f"--controllers={','.join(controllers)}",
                    "--leader-elect=false",
                    "--bind-address=127.0.0.1",
                    "--secure-port=0",
                    "--v=0",
                    *options,
                ],
            )
        )
        yield server
    finally:
        # Nothing here is worth a graceful end, which takes the API server up to a minute.
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(log: Path, argv: list[Path | str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen([str(word) for word in argv], stdout=output, stderr=output, stdin=subprocess.DEVNULL)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _turn in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait_ready(server: ApiServer, processes: list[subprocess.Popen[bytes]]) -> None:
    context = ssl.create_default_context(cadata=server.ca_certificate)
    request = urllib.request.Request(  # noqa: S310 - a fixed https URL
        f"{server.endpoint}/readyz", headers={"Authorization": f"Bearer {server.token}"}
    )
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        for process in processes:
            if process.poll() is not None:
                logs = [(server.folder / name).read_text()[-2000:] for name in ("etcd.log", "apiserver.log")]
                raise RuntimeError(f"{process.args!r} ended with {process.returncode}:\n" + "\n".join(logs))
        with (
            contextlib.suppress(OSError, urllib.error.URLError),
            urllib.request.urlopen(request, timeout=2, context=context) as answer,  # noqa: S310
        ):
            if answer.read() == b"ok":
                return
        time.sleep(0.1)
    raise RuntimeError(f"the API server was not ready in {READY_TIMEOUT:g} seconds")


def _certificates(folder: Path, address: str) -> str:
    """A CA, a server certificate for 127.0.0.1 and an address, an administrator's, the front proxy's; the CA as PEM."""
    now = datetime.now(UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "apiserver tests")])

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )

    ca = (
        builder(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    named = [x509.IPAddress(ip_address(text)) for text in sorted({"127.0.0.1", address})]
    own = x509.SubjectAlternativeName([*named, x509.DNSName("localhost")])
    for file, names, extension in (
        ("server", {x509.NameOID.COMMON_NAME: "kube-apiserver"}, own),
        ("proxy", {x509.NameOID.COMMON_NAME: "front-proxy"}, None),
        ("client", {x509.NameOID.COMMON_NAME: "admin", x509.NameOID.ORGANIZATION_NAME: "system:masters"}, None),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = builder(x509.Name([x509.NameAttribute(*pair) for pair in names.items()]), key.public_key())
        if extension is not None:
            leaf = leaf.add_extension(extension, critical=False)
        (folder / f"{file}.pem").write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem))
        (folder / f"{file}.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        )
    # Tokens of service accounts are signed with RSA, as on the clusters that kubeadm makes.
    accounts = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "accounts.key").write_bytes(
        accounts.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    return ca.public_bytes(pem).decode()


def _write_kubeconfig(server: ApiServer) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "tests",
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "admin"}}],
        "clusters": [{"name": "tests", "cluster": {"server": server.endpoint, "certificate-authority": "ca.pem"}}],
        "users": [{"name": "admin", "user": {"token": server.token}}],
    }
    server.kubeconfig.write_text(json.dumps(config))
    server.kubeconfig.chmod(0o600)
