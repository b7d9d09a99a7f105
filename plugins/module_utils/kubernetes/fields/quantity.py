# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes' quantities: ``0.1`` and ``100m`` are one amount of CPU, ``1Gi`` and ``1024Mi`` one of memory."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_SUFFIXES = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
    **{suffix: Decimal(1000) ** -power for power, suffix in enumerate(("m", "u", "n"), 1)},
}

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([KMGTPE]i|[kMGTPEmun]?)")

# Under these fields, at any depth, values are quantities.
PARENTS = frozenset(
    {
        "averageValue",
        "capacity",
        "default",
        "defaultRequest",
        "divisor",
        "hard",
        "limits",
        "max",
        "maxLimitRequestRatio",
        "min",
        "podFixed",
        "requests",
        "sizeLimit",
        "storage",
    }
)


def parse(value: Any) -> Decimal | None:
    """The amount, None when the value is no quantity."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value).strip())
    return Decimal(match[1]) * _SUFFIXES[match[2]] if match else None


def equal(one: Any, other: Any) -> bool:
    """Whether two values are quantities of the same amount."""
    left, right = parse(one), parse(other)
    return left is not None and left == right
