"""``docs/faults.md``: what became of a stack's life under each fault, from the run that found it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

HEAD = """# Faults and kills

What becomes of a stack of {resources} resources when the cloud misbehaves. The stack is created, changed, left alone
and removed; in each such life one fault strikes one request, and the next life another one. In each life: what exists
is exactly what exists without faults (nothing twice), a run that should change nothing sends no change, and the removal
leaves nothing.

| Fault | Lives | Converged unaided | Failed and said why, or killed | Healed by the next run |
|---|---|---|---|---|
"""
FOOT = """
`reset_after_commit`, `truncated` and `bad_json` strike after the request was carried out; the others before.
A kill is SIGKILL of the process that runs the task, when the cloud has seen so many of its requests: "the next run" is
then the one that takes up what it left.

This page is written by `pytest tests/conformance/gcp_stack --faults-page docs/faults.md`, which tries each fault at
some requests of a life; with `--long` each fault strikes every request.
"""


@dataclass
class FaultsPage:
    """Rows as tests add them."""

    resources: int = 0
    rows: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)

    def add(self, fault: str, struck: int, survived: int, healed: int) -> None:
        """``survived`` lives needed no help; ``healed`` others said what failed, and their next run converged."""
        self.rows[fault] = (struck, survived, struck - survived, healed)

    def write(self, target: Path) -> None:
        lines = [f"| {fault} | {' | '.join(map(str, row))} |" for fault, row in self.rows.items()]
        target.write_text(HEAD.format(resources=self.resources) + "\n".join(lines) + "\n" + FOOT)
