# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Look at one HTTPS endpoint from the controller: what it presents, speaks, refuses and answers."""

from __future__ import annotations

import base64
import contextlib
import http.client
import re
import socket
import ssl
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
# Without forward secrecy, without encryption or authentication, or with broken ciphers; all of TLS 1.2 and older.
WEAK_CIPHERS = (
    "AES128-SHA:AES256-SHA:AES128-SHA256:AES256-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384:3DES:RC4:aNULL:eNULL"
)
BODY_LIMIT = 65_536
_MAX_AGE = re.compile(r'(?:^|;)\s*max-age\s*=\s*(?:"(?P<quoted>\d{1,18})"|(?P<bare>\d{1,18}))\s*(?:;|$)', re.IGNORECASE)
# The words of an OpenSSL that was built or configured not to make the offer: the server never saw it.
NOT_OFFERED = ("no protocols available", "no ciphers available")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to look: ``address`` is an IP or a host, ``server_name`` goes out as SNI, ``ca`` are PEM roots to trust."""

    name: str
    address: str
    port: int
    server_name: str
    ca: str | None
    path: str
    plain_port: int | None
    timeout: float


@dataclass(frozen=True, slots=True)
class Handshake:
    """One attempt to agree: the version and cipher, or the error that ended it."""

    version: str | None = None
    cipher: str | None = None
    error: str | None = None
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, or the error instead of one."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """All that was seen of an endpoint. ``verified`` is empty when the chain and the name hold, else the reason."""

    chain: Sequence[str]
    verified: str
    handshakes: Mapping[str, Handshake]
    weak: Handshake
    answer: Answer
    plain: Answer | None

    @property
    def reached(self) -> bool:
        return any(handshake.version for handshake in self.handshakes.values())


def observe(endpoint: Endpoint) -> Observation:
    """Everything at once; nothing is raised for what an endpoint does."""
    chain: list[str] = []
    handshakes = {version: _shake(endpoint, _any_server(version), chain) for version in VERSIONS}
    weak = _any_server("1.2")
    weak.set_ciphers(f"{WEAK_CIPHERS}:@SECLEVEL=0")
    verified, answers = verified_answers(endpoint, endpoint.path)
    return Observation(
        chain=chain,
        verified=verified,
        handshakes=handshakes,
        weak=_shake(endpoint, weak, []),
        answer=answers[0],
        plain=_plain_answer(endpoint) if endpoint.plain_port else None,
    )


def _any_server(version: str) -> ssl.SSLContext:
    """A context that trusts nobody and checks nothing: only for looking at what a server offers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are offered in order to be refused
        if version in ("1.0", "1.1"):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def _shake(endpoint: Endpoint, context: ssl.SSLContext, chain: list[str]) -> Handshake:
    """One handshake; the chain that the server sends is put into an empty ``chain``."""
    reached = False
    try:
        with socket.create_connection((endpoint.address, endpoint.port), endpoint.timeout) as raw:
            reached = True
            with context.wrap_socket(raw, server_hostname=endpoint.server_name) as secured:
                if not chain:
                    chain += sent_chain(secured)
                cipher = secured.cipher()
                return Handshake(secured.version(), cipher[0] if cipher else None, None, reached)
    except OSError as error:
        why = reason(error)
        return Handshake(error=why, reached=reached and why not in NOT_OFFERED)


def sent_chain(connection: ssl.SSLSocket) -> list[str]:
    """The chain as the server sent it, leaf first, base64 DER; the leaf alone where Python cannot tell more."""
    inner = getattr(connection, "_sslobj", None)  # get_unverified_chain is public only from Python 3.13 on
    get = getattr(inner, "get_unverified_chain", None)
    sent = get() if get else None
    ders = [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in sent or []]
    leaf = connection.getpeercert(binary_form=True)
    return [base64.b64encode(der).decode() for der in ders or ([leaf] if leaf else [])]


def reason(error: OSError) -> str:
    """A short word or phrase for a broken handshake or connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    if isinstance(error, TimeoutError):
        return "timeout"
    return error.strerror or type(error).__name__


def verified_answers(endpoint: Endpoint, *paths: str) -> tuple[str, list[Answer]]:
    """Ask for paths over one connection as a careful client does: the chain and the name must hold first.

    The first text is empty when they do, else the reason; nothing is raised for what the endpoint does.
    """
    try:
        with contextlib.closing(verified_connection(endpoint)) as connection:
            return "", [ask(connection, path) for path in paths]
    except ssl.SSLCertVerificationError as error:
        return error.verify_message, [Answer(error=f"not requested: {error.verify_message}")] * len(paths)
    except OSError as error:
        return reason(error), [Answer(error=reason(error))] * len(paths)


def verified_connection(endpoint: Endpoint) -> http.client.HTTPSConnection:
    """An open connection, to be closed by the caller; an OSError where there is none, or chain or name do not hold."""
    context = ssl.create_default_context(cadata=endpoint.ca) if endpoint.ca else ssl.create_default_context()
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)  # our rule is the chain, not each newer RFC detail
    connection = http.client.HTTPSConnection(endpoint.server_name, endpoint.port, timeout=endpoint.timeout)
    connection.auto_open = 0  # a new connection would go where the machine's own resolver points
    with contextlib.closing(socket.create_connection((endpoint.address, endpoint.port), endpoint.timeout)) as raw:
        connection.sock = context.wrap_socket(raw, server_hostname=endpoint.server_name)  # takes the socket over
    return connection


def _plain_answer(endpoint: Endpoint) -> Answer:
    connection = http.client.HTTPConnection(endpoint.address, endpoint.plain_port, timeout=endpoint.timeout)
    try:
        return ask(connection, endpoint.path, endpoint.server_name)
    except OSError as error:
        return Answer(error=reason(error))
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, path: str, host: str | None = None) -> Answer:
    """GET a path over an open connection; an OSError where it breaks."""
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        # Of a header that comes twice the first counts, as for Strict-Transport-Security in RFC 6797, section 8.1.
        headers = {name.lower(): value for name, value in reversed(response.getheaders())}
        body = response.read(BODY_LIMIT).decode("utf-8", "replace")
        return Answer(response.status, headers, body)
    except http.client.HTTPException as error:
        return Answer(error=type(error).__name__)


def hsts_seconds(answer: Answer) -> int | None:
    """The max-age of Strict-Transport-Security, None where the header is absent or says nothing."""
    found = _MAX_AGE.search(answer.headers.get("strict-transport-security", ""))
    return int(found["quoted"] or found["bare"]) if found else None
