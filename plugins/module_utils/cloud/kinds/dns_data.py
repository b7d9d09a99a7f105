# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The data of DNS records in the form in which Cloud DNS answers them. Pure. Source: RFC 1035, sections 3.3 and 5.1.

A TXT datum is written as in a zone file (one or several strings in quotes) or it is the text itself. The text
may hold quotes and backslashes, and be longer than the 255 bytes of a string: it is then cut into several.
"""

from __future__ import annotations

import ipaddress
import re

# Types whose data are names and numbers, or digits in hexadecimal: either case means the same.
_NAMES = ("CNAME", "DNAME", "MX", "NS", "PTR", "SRV")
_DIGITS = ("DS", "SSHFP", "TLSA")
_TEXTS = ("TXT", "SPF")
_STRING = re.compile(r'"((?:[^"\\]|\\\d{3}|\\[^\d])*)"')
_STRINGS = re.compile(rf"\s*(?:{_STRING.pattern}\s*)+")
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)
_LONGEST = 255  # bytes of one string on the wire
_TAGGED = re.compile(r'(\d+)\s+(\w+)\s+"?([^"]*)"?')


def canonical_datum(kind: str, text: str) -> str:
    """A datum of a record of this type, in Cloud DNS's own form; what is malformed is left for Google to refuse."""
    if kind in _TEXTS:
        return _text(text)
    if kind in ("A", "AAAA"):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return text
    words = " ".join(text.split())
    if kind in _NAMES:
        return words.lower() if words.endswith(".") or not words else f"{words.lower()}."
    if kind == "CAA" and (found := _TAGGED.fullmatch(words)):
        return f'{found.group(1)} {found.group(2).lower()} "{found.group(3)}"'
    return words.lower() if kind in _DIGITS else text


def _text(text: str) -> str:
    """Strings in quotes, each of at most 255 bytes, with nothing escaped but what has to be."""
    if _STRINGS.fullmatch(text):
        strings = [_unescaped(found.group(1)) for found in _STRING.finditer(text)]
    else:
        strings = [text.encode()]
    return " ".join(_quoted(part) for string in strings for part in _parts(string))


def _unescaped(text: str) -> bytes:
    def byte(found: re.Match[bytes]) -> bytes:
        escaped = found.group(1)
        return bytes((min(int(escaped), 255),)) if escaped.isdigit() and len(escaped) == 3 else escaped

    return _ESCAPE.sub(byte, text.encode())


def _parts(string: bytes) -> list[bytes]:
    return [string[start : start + _LONGEST] for start in range(0, len(string), _LONGEST)] or [b""]


def _quoted(string: bytes) -> str:
    def escaped(byte: int) -> str:
        if byte in b'"\\':
            return f"\\{chr(byte)}"
        return chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}"

    return f'"{"".join(map(escaped, string))}"'
