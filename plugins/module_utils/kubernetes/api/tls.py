# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""TLS to an API server: whom it trusts, and the client's certificate."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from pathlib import Path

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.connection import Connection, Credential


def ssl_context(connection: Connection, credential: Credential) -> ssl.SSLContext:
    """The settings for a connection, as this credential; a PlatformError or OptionError for what is not usable."""
    try:
        context = ssl.create_default_context(cadata=connection.ca_certificate)
    except (ssl.SSLError, ValueError):
        raise PlatformError("connection.ca_certificate: expected PEM certificates") from None
    if bool(credential.client_certificate) != bool(credential.client_key):
        raise OptionError("connection.client_certificate and connection.client_key: expected both, found only one")
    if credential.client_certificate and credential.client_key:
        _load_client(context, credential.client_certificate, credential.client_key)
    return context


def _refused_password() -> str:
    raise OptionError(
        "the connection's client key is encrypted, expected one without a passphrase; "
        "decrypt it with openssl pkey, or use a token or a credential plugin"
    )


def _load_client(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Python's ssl reads a client's key only from a path: give it one in memory where the system can."""
    pem = f"{certificate}\n{key}\n".encode()
    if hasattr(os, "memfd_create"):
        descriptor, path = os.memfd_create("client", os.MFD_CLOEXEC), None
    else:
        descriptor, path = tempfile.mkstemp()
    try:
        os.write(descriptor, pem)
        # With a password at hand OpenSSL never asks for one on the terminal.
        context.load_cert_chain(path or f"/proc/self/fd/{descriptor}", password=_refused_password)
    except (ssl.SSLError, OSError):
        raise PlatformError("the client certificate and key of the connection do not fit or are not PEM") from None
    finally:
        os.close(descriptor)
        if path is not None:
            with contextlib.suppress(OSError):
                Path(path).unlink()
