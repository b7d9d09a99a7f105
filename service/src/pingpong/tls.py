"""TLS at the application: a certificate that is replaced while connections live.

A fresh context is built from the files and swapped in whole. To load new files into the live one would leave it
with a certificate and no key for a moment when the files change between the two reads (a Secret's volume swaps a
symbolic link).
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from pathlib import Path

import structlog

from pingpong.metrics import Metrics

# Of TLS 1.2; what Python offers by default depends on who built it. All of TLS 1.3's are as good.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_log = structlog.get_logger()


def _no_password() -> str:
    """OpenSSL would ask the terminal, and everything else would wait for the answer."""
    raise ValueError("the key is encrypted; expected one without a password")


class Certificate:
    """The files' current content as a TLS context: every handshake asks for it anew."""

    def __init__(self, cert_file: Path, key_file: Path, metrics: Metrics) -> None:
        self._files = (cert_file, key_file)
        self._reloads = metrics.tls_reloads
        self._seen = self._fingerprint()
        self._current = self._load()

    def context(self) -> ssl.SSLContext:
        return self._current

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.set_alpn_protocols(["http/1.1"])
        # a ticket would outlive the certificate that it was issued under; a renegotiation is a handshake unbounded
        context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
        context.num_tickets = 0
        context.load_cert_chain(*self._files, password=_no_password)
        return context

    def _fingerprint(self) -> bytes:
        digest = hashlib.sha256()
        for path in self._files:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.digest()

    def refresh(self) -> bool:
        """Take the files' content if it changed; True if it is in use now. A bad pair leaves the old one in use."""
        try:
            seen = self._fingerprint()
            if seen == self._seen:
                return False
            fresh = self._load()
            if self._fingerprint() != seen:
                return False  # changed while it was read: the next poll sees the end of it
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self._reloads.labels("failed").inc()
            _log.error("tls_reload_failed", files=[str(path) for path in self._files], error=str(error))
            return False
        self._seen, self._current = seen, fresh
        self._reloads.labels("ok").inc()
        _log.info("tls_reloaded", files=[str(path) for path in self._files])
        return True

    async def watch(self, seconds: float) -> None:
        """Poll the content: notification would miss the swapped symbolic links of a Secret's volume."""
        while True:
            await asyncio.sleep(seconds)
            self.refresh()
