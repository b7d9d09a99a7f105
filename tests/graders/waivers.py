"""Findings against waivers: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Finding:
    """What a grader objects to. ``text`` is its own sentence and no part of what is waived."""

    grader: str
    rule: str
    object: str
    text: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.grader, self.rule, self.object


def waived(document: Any) -> set[tuple[str, str, str]]:
    """The keys that a waiver file names.

    Raises ValueError for an entry that is malformed, gives no reason, or names what another one names.
    """
    keys: set[tuple[str, str, str]] = set()
    for entry in document or []:
        if set(entry) != {"grader", "rule", "objects", "reason"}:
            raise ValueError(f"{entry}: expected grader, rule, objects and reason")
        if not str(entry["reason"] or "").strip():
            raise ValueError(f"{entry['grader']} {entry['rule']}: expected a reason")
        for name in entry["objects"]:
            key = (entry["grader"], entry["rule"], name)
            if key in keys:
                raise ValueError(f"{' '.join(key)}: waived twice")
            keys.add(key)
    return keys


def problems(findings: Iterable[Finding], waivers: set[tuple[str, str, str]]) -> list[str]:
    """A line for every finding that is not waived and for every waiver that matches none."""
    found = sorted({finding.key: finding for finding in findings}.values())
    lines = [f"{' '.join(item.key)}: {item.text}" for item in found if item.key not in waivers]
    unused = sorted(waivers - {item.key for item in found})
    return lines + [f"{' '.join(key)}: waived, but not found" for key in unused]
