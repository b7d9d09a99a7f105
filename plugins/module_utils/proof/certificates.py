# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificates as servers present them, in the words of results and reports."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import describe, fingerprint, readable

with suppress(ImportError):  # see libraries.require
    from cryptography import x509


def read_chain(chain: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """A chain of base64 DER certificates, leaf first, decoded; empty when one of them is malformed.

    OpenSSL shakes hands over certificates that are malformed in part: nothing can then be said of the chain.
    """
    try:
        ders = [base64.b64decode(item) for item in chain]
        return [describe_at(one, now) for one in readable(*map(x509.load_der_x509_certificate, ders))]
    except ValueError:
        return []


def describe_at(certificate: x509.Certificate, now: datetime) -> dict[str, Any]:
    """A certificate's fields with ``days_left``, negative once it has ended."""
    left = certificate.not_valid_after_utc - now
    return {
        **describe(certificate),
        "serial": f"{certificate.serial_number:x}",
        "fingerprint": fingerprint(certificate),
        "days_left": round(left.total_seconds() / 86400, 2),
    }
