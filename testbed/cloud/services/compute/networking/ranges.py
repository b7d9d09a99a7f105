"""Address ranges: what is well-formed, what overlaps."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from testbed.cloud.core.protocol.errors import ApiError, invalid

# https://cloud.google.com/vpc/docs/subnets#prohibited-ipv4-ranges
PROHIBITED = tuple(
    ipaddress.IPv4Network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "199.36.153.4/30",
                 "199.36.153.8/30")
)  # fmt: skip


def parse(text: str, field: str, longest: int = 29) -> ipaddress.IPv4Network:
    """An IPv4 range, with no host bits, no longer than `/longest`, outside the prohibited ranges."""
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise invalid(
            f"Invalid value for field '{field}': '{text}'. Must be a CIDR address range with no host bits set."
        ) from error
    if "/" not in text or not 4 <= network.prefixlen <= longest:
        raise invalid(
            f"Invalid value for field '{field}': '{text}'. Subnetwork CIDR range must have a prefix length between 4 "
            f"and {longest}."
        )
    if any(network.overlaps(prohibited) for prohibited in PROHIBITED):
        raise invalid(f"Invalid value for field '{field}': '{text}'. Invalid IPCidrRange: it is a reserved range.")
    return network


def refuse_overlap(field: str, range_: ipaddress.IPv4Network, others: Iterable[tuple[str, str]]) -> None:
    """400 when a range overlaps one of `others`: pairs of a range and the subnetwork that has it."""
    for text, owner in others:
        if range_.overlaps(ipaddress.IPv4Network(text)):
            raise ApiError(
                400,
                f"Invalid IPCidrRange: {range_} conflicts with existing subnetwork '{owner}' in the same network "
                f"({text}).",
                reason="badRequest" if not field else "invalid",
            )
