"""The identity of the peer, as the mesh's proxy saw it, from ``X-Forwarded-Client-Cert``.

The proxy appends an element for the connection that it terminated itself, so the **last** element is the peer
and everything before it is hearsay. Without a proxy in front that sanitises the header, nothing here is proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """One element of the header. ``by`` is the URI of who terminated TLS, ``uri`` of who presented a certificate."""

    by: tuple[str, ...] = ()
    uri: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    hash: str = ""
    subject: str = field(default="")


def parse(header: bytes | None) -> list[Identity]:
    """The elements of the header in order, oldest first; none for a header that is absent or malformed."""
    if not header:
        return []
    try:
        return [_element(pairs) for pairs in _split(header.decode("ascii"))]
    except ValueError:
        return []


def _element(pairs: list[tuple[str, str]]) -> Identity:
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(key.lower(), []).append(value)
    return Identity(
        by=tuple(values.get("by", ())),
        uri=tuple(values.get("uri", ())),
        dns=tuple(values.get("dns", ())),
        hash=values.get("hash", [""])[-1],
        subject=values.get("subject", [""])[-1],
    )


def _split(text: str) -> list[list[tuple[str, str]]]:
    """Elements are parted by commas, their pairs by semicolons; both may stand inside a quoted value."""
    elements: list[list[tuple[str, str]]] = [[]]
    at = 0
    while at < len(text):
        equals = text.index("=", at)  # ValueError: a pair without a value
        key = text[at:equals].strip()
        if not key.isalpha():
            raise ValueError(f"{key!r} is no key")
        value, at = _value(text, equals + 1)
        elements[-1].append((key, value))
        if at < len(text):
            if text[at] == ",":
                elements.append([])
            elif text[at] != ";":
                raise ValueError(f"{text[at]!r} after a value")
            at += 1
            if at == len(text):
                raise ValueError("ends with a separator")
    return elements


def _value(text: str, at: int) -> tuple[str, int]:
    """The value that starts at ``at`` and where it ends."""
    if at < len(text) and text[at] == '"':
        value = ""
        at += 1
        while text[at : at + 1] != '"':
            if at >= len(text):
                raise ValueError("a quote is not closed")
            at += text[at] == "\\"
            value += text[at : at + 1]
            at += 1
        return value, at + 1
    end = at
    while end < len(text) and text[end] not in ";,":
        end += 1
    return text[at:end].strip(), end
