"""Values that Google's servers make up: ids, timestamps, fingerprints, project numbers."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

PACIFIC = timezone(timedelta(hours=-8))


def numeric_id() -> str:
    """A 64-bit id as a string, as compute shows them."""
    return str(10**18 + secrets.randbelow(8 * 10**18))


def compute_time(now: float) -> str:
    """Milliseconds and Pacific time, as compute shows times: 2026-11-22T10:07:13.123-08:00."""
    return datetime.fromtimestamp(now, PACIFIC).isoformat(timespec="milliseconds")


def utc_time(now: float) -> str:
    """Microseconds and Z, as the newer APIs show times."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> float:
    """Unix seconds of a time that an API shows."""
    return datetime.fromisoformat(text).timestamp()


def whole_second(now: float) -> str:
    """Seconds and Z, which is all that Google's libraries read where a token expires."""
    return datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z")


def fingerprint(value: Any) -> str:
    """A hash of content in base64: what `fingerprint`, `labelFingerprint` and `etag` hold."""
    text = json.dumps(value, sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest()[:8]).decode()


def etag(value: Any) -> str:
    """An IAM policy's etag: standard base64."""
    text = json.dumps(value, sort_keys=True).encode()
    return base64.b64encode(b"\x07\x06" + hashlib.sha256(text).digest()[:6]).decode()


def project_number(project: str) -> str:
    """The number that a project id stands for here: stable and 12 digits."""
    return str(10**11 + int.from_bytes(hashlib.sha256(project.encode()).digest()[:6]) % (9 * 10**11))
