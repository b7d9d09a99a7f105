# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From findings to a task's result, the same way for every check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import (
    Cell,
    Judgement,
    count,
    failure_message,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check measured: its cells, and what else is worth reporting (coverage, certificates, …) as plain data."""

    cells: list[Cell]
    facts: Mapping[str, Any] = field(default_factory=dict)


def conclude(proof: str, options: Mapping[str, Any], measure: Callable[[], Findings]) -> dict[str, Any]:
    """The result of a check; a PlatformError that carries it when a cell falls short and ``fail`` is set.

    What keeps a check from measuring is a finding too: one inconclusive cell, so that a report never shows less
    than it should without saying so. Wrong options are the caller's mistake and are raised.
    """
    try:
        findings = measure()
    except OptionError:
        raise
    except PlatformError as error:
        findings = Findings([unmeasured(proof, str(options["cluster"]), error.message)])
    cells = findings.cells
    message = failure_message(cells)
    result: dict[str, Any] = {
        "changed": False,
        "proof": proof,
        "cluster": options["cluster"],
        "cells": [cell.to_dict() for cell in cells],
        "summary": count(cells),
        **findings.facts,
    }
    if message and options["fail"]:
        raise PlatformError(f"{proof}: {message}", result)
    return {**result, "short_of": message}


def unmeasured(proof: str, cluster: str, why: str, source: str = "") -> Cell:
    """The cell that stands for everything a check could not measure, or that ``source`` could not."""
    judgement = Judgement("inconclusive", "not measured", why)
    return judgement.cell(proof, cluster, source, "everything", "measurement", "measured")
