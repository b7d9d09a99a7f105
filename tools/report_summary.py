"""Print a run's report as Markdown, for a pipeline's page: what each proof found, and each cell that fell short."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOCUMENT = Path("report/report.json")
VERDICTS = ("cluster", "title", "pass", "fail", "inconclusive", "verdict")
SHORT = ("verdict", "cluster", "proof", "source", "target", "case", "expected", "observed", "reason")
SHOWN = 50  # a page takes 1 MiB; the report has the rest


def cell(value: Any) -> str:
    """A value in a table: what is found in a cluster does not end the cell, nor become markup."""
    text = " ".join(str(value).split())
    for character in "\\`*_<>|[]":
        text = text.replace(character, f"\\{character}")
    return text


def table(names: Sequence[str], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = (f"| {' | '.join(cell(entry[name]) for name in names)} |" for entry in entries)
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", *rows]


def markdown(document: dict[str, Any]) -> str:
    """The page of a report, as ``report.json`` has it."""
    lines = [f"## {cell(document['title'])}: {cell(document['environment'])}", "", cell(document["generated_at"]), ""]
    lines += table(VERDICTS, document["verdicts"])
    short = [item for item in document["cells"] if item["verdict"] != "pass"]
    if short:
        lines += ["", *table(SHORT, short[:SHOWN])]
    if len(short) > SHOWN:
        lines += ["", f"and {len(short) - SHOWN} more: see the report"]
    return "\n".join(lines)


def main() -> int:
    if not DOCUMENT.exists():
        print("The run ended before it wrote a report.")
        return 0
    print(markdown(json.loads(DOCUMENT.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
