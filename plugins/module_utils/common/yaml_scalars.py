# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Scalars of YAML as kubectl reads them: the rules of go-yaml v2, which sigs.k8s.io/yaml uses. Pure.

YAML 1.1 as Go has it: ``yes``, ``on`` and ``y`` are booleans and ``0777`` is octal, but there are no sexagesimal
numbers (``52:54:00`` is text) and dates are text. Then everything goes through JSON, so ``1.0`` is the number 1 and a
key is a string. See resolve.go of https://github.com/yaml/go-yaml/tree/v2.4.2.
"""

from __future__ import annotations

import math
import re
from typing import Any

# How plain scalars begin that may be something other than text.
FIRST = "yYnNtTfFoO~0123456789+-."
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_DATE = re.compile(r"\d{4}-")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9]\d*))", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
_LARGEST = 2**64
# Go writes floats below this without an exponent, and reads them back as integers where they are whole.
_EXPONENT = 1e21


def resolve(text: str) -> Any:
    """A plain scalar's value: None, a boolean, a number or text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or _DATE.match(text):
        return text
    # Digits after a leading point are read as Go's own, which have no underscores.
    plain = text if text[0] == "." else text.replace("_", "")
    whole = None if text[0] == "." else _INTEGER.fullmatch(plain)
    if whole is not None:
        sign, *digits = whole.groups()
        amount = next(int(part, base) for part, base in zip(digits, (16, 8, 2, 10), strict=True) if part is not None)
        if amount < (_LARGEST if sign == "" else _LARGEST // 2):
            return number(-amount if sign == "-" else amount)
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        return number(value) if math.isfinite(value) else text
    return text


def number(value: float) -> float | int:
    """A number as it comes out of Go's JSON: whole ones are integers, those of more than 64 bits floats."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXPONENT else value
    return value if -(2**63) <= value < 2**63 else number(float(value))


def key(value: Any) -> str:
    """A mapping's key as JSON has it; ValueError for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return f"{value:.7g}"
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    raise ValueError("expected a string as key")
