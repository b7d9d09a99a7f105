"""Whole ``ansible-playbook`` runs on the clock and in CPU seconds, which a busy machine distorts less."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / ".collections")]

from tests.support.plays import playbook  # noqa: E402


@dataclass(frozen=True)
class Run:
    """Seconds of a run, wall and CPU, and how many tasks changed something on all hosts."""

    wall: float
    cpu: float
    changed: int


def timed(*arguments: str, folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> Run:
    """One run of ``ansible-playbook`` with these arguments; RuntimeError when it failed."""
    burnt, start = _burnt(), time.perf_counter()
    done = playbook(*arguments, folder=folder, environment=environment)
    wall = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[-500:]}")
    return Run(wall, _burnt() - burnt, sum(map(int, re.findall(r"changed=(\d+)", done.stdout))))


def least(*runs: Run) -> Run:
    """The least of what several runs took, and what the last one changed."""
    return Run(min(run.wall for run in runs), min(run.cpu for run in runs), runs[-1].changed)


def _burnt() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
