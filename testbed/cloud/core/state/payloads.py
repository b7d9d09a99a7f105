"""Payloads on disk: a file a version, readable by its owner only, never in the database."""

from __future__ import annotations

import hashlib
from pathlib import Path

from testbed.cloud.core.state.files import write_private


def _crc_table() -> list[int]:
    table = []
    for number in range(256):
        for _turn in range(8):
            number = (number >> 1) ^ (0x82F63B78 if number & 1 else 0)
        table.append(number)
    return table


TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum that Secret Manager compares payloads with."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Payloads:
    """Files under `folder`, named by a hash of the version's key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self, key: str) -> Path:
        return self.folder / hashlib.sha256(key.encode()).hexdigest()

    def write(self, key: str, data: bytes) -> None:
        """Keep a version's payload."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self._file(key), data)

    def read(self, key: str) -> bytes:
        """A version's payload."""
        return self._file(key).read_bytes()

    def destroy(self, key: str) -> None:
        """Forget a version's payload."""
        self._file(key).unlink(missing_ok=True)
