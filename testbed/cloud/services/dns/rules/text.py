"""TXT data: between the presentation form that people write and the strings that go on the wire. Pure.

RFC 1035, section 5.1: strings stand in quotes or end at white space; ``\\X`` is that character, ``\\DDD`` that byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# RFC 1035, section 3.3: a length byte before each string.
LONGEST = 255
STRING = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|"|$)|((?:[^\s"\\]|\\.)+)(?=\s|"|$))', re.DOTALL)
ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def strings(text: str) -> list[bytes]:
    """The strings of a record's data; raises ValueError for text that is not in the presentation form."""
    found: list[bytes] = []
    at = 0
    text = text.strip()
    while at < len(text):
        part = STRING.match(text, at)
        if part is None:
            raise ValueError(f"not the presentation form of TXT data from character {at} on: {text}")
        found.append(_unescaped(part[1] if part[1] is not None else part[2]))
        at = part.end()
    for string in found:
        if len(string) > LONGEST:
            raise ValueError(f"a string of TXT data has at most {LONGEST} bytes, found {len(string)}")
    return found


def presented(found: Iterable[bytes]) -> str:
    """Strings in the presentation form, each in quotes."""
    return " ".join(f'"{"".join(map(_escaped, string))}"' for string in found)


def _unescaped(text: str) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        if not match[1].isdigit() or len(match[1]) == 1:
            return match[1]
        number = int(match[1])
        if number > LONGEST:
            raise ValueError(f"\\{number} is no byte")
        return bytes([number])

    return ESCAPE.sub(one, text.encode())


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{byte:c}"
    return chr(byte) if 0x20 <= byte <= 0x7E else f"\\{byte:03d}"
