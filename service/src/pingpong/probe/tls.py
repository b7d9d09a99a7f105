"""TLS as a probe speaks it: one version or all, one identity, and what the server presented and asked for."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


ANY_VERSION = "any"


@contextlib.contextmanager
def memory_file(text: str) -> Iterator[str]:
    """A path to text that is in no file system: OpenSSL reads certificates only from paths."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def tls_context(options: dict[str, Any], identities: dict[str, Any], trust: str) -> ssl.SSLContext:
    """A client context of exactly one protocol version or of all, which presents the named identity or none at all.

    The server's name is never checked here: a mesh peer has a SPIFFE identity, which the caller compares.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    name = options.get("version") or "1.3"
    versions = list(VERSIONS.values()) if name == ANY_VERSION else [VERSIONS[name]]
    if versions[0] < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 offers these versions at no higher level
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    if options.get("alpn"):
        context.set_alpn_protocols(options["alpn"])
    if trust:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=trust)
    name = options.get("identity")
    if name is not None:
        with memory_file(identities[name]["certificate"] + identities[name]["key"]) as path:
            context.load_cert_chain(path)
    return context


def note_requests(context: ssl.SSLContext) -> list[bool]:
    """A list that gets an entry when a server asks this context's connection for a certificate."""
    requests: list[bool] = []

    def note(_connection: Any, direction: str, _version: Any, _content: Any, message: Any, _data: bytes) -> None:
        if direction == "read" and getattr(message, "name", "") == "CERTIFICATE_REQUEST":
            requests.append(True)

    context._msg_callback = note  # type: ignore[attr-defined]
    return requests


def error_class(error: BaseException) -> str:
    """One word for what went wrong: the vocabulary that the verdicts are written in."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"unverified:{error.verify_message}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "eof"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        _unused, alert, name = reason.partition("_ALERT_")
        return f"alert:{name.lower()}" if alert else f"tls:{reason.lower()}"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "reset"
    if isinstance(error, socket.gaierror):
        return "dns"
    if isinstance(error, OSError):
        return "unreachable"
    return f"error:{type(error).__name__}"


def certificates(connection: ssl.SSLSocket) -> list[str]:
    """The chain that the server sent, leaf first, base64 DER (the leaf alone where Python cannot tell more)."""
    chain = getattr(connection, "get_unverified_chain", None)
    if chain is None:  # public from Python 3.13 on
        inner = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
        sent = inner() if inner else None
        ders = [certificate.public_bytes(ssl._ssl.ENCODING_DER) for certificate in sent or []]  # type: ignore[attr-defined]
    else:
        ders = list(chain())
    if not ders and (leaf := connection.getpeercert(binary_form=True)):
        ders = [leaf]
    return [base64.b64encode(der).decode() for der in ders]


def describe_tls(connection: ssl.SSLSocket, *, chain: bool) -> dict[str, Any]:
    """What the handshake agreed on, and who the server is according to its verified certificate; with its chain."""
    verified = connection.context.verify_mode == ssl.CERT_REQUIRED
    peer = connection.getpeercert() or {}
    names = [str(pair[1]) for pair in peer.get("subjectAltName", ()) if len(pair) == 2]
    cipher = connection.cipher()
    return {
        "version": connection.version(),
        "cipher": cipher[0] if cipher else None,
        "alpn": connection.selected_alpn_protocol(),
        "verified": verified,
        "names": names,
        "not_after": peer.get("notAfter"),
        "chain": certificates(connection) if chain else [],
    }
