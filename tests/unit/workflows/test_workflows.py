"""Every workflow calls targets that exist, pins what it uses, and may do no more than it needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
CI = (ROOT / ".github/workflows/ci.yml").read_text()


def findings(text: str) -> list[str]:
    """What is wrong with a workflow, a word a finding."""
    workflow: dict[str, Any] = yaml.safe_load(text)
    found = [] if workflow.get("permissions") == {} else ["permissions"]
    found += [] if "concurrency" in workflow else ["concurrency"]
    for job in workflow["jobs"].values():
        found += [] if "timeout-minutes" in job else ["timeout"]
        found += [] if set(job.get("permissions", {"": "none"}).items()) <= {("contents", "read")} else ["job"]
        for step in job["steps"]:
            used, called = step.get("uses", ""), re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))
            found += ["target" for target in called if target not in TARGETS]
            found += ["pin"] if used and not re.search(r"@[0-9a-f]{40}$", used) else []
            unkept = step.get("with", {}).get("persist-credentials") is False
            found += ["credentials"] if used.startswith("actions/checkout@") and not unkept else []
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_findings(path: Path) -> None:
    assert findings(path.read_text()) == []


@pytest.mark.parametrize(
    ("pattern", "weakened", "expected"),
    [
        (r"@[0-9a-f]{40} # v", "@v", "pin"),
        (r"permissions: \{\}", "permissions: write-all", "permissions"),
        (r"contents: read", "contents: write", "job"),
        (r"persist-credentials: false", "persist-credentials: true", "credentials"),
        (r"run: make lint", "run: make nothing", "target"),
        (r"    timeout-minutes: .*\n", "", "timeout"),
        (r"concurrency:\n(  .*\n)+", "", "concurrency"),
    ],
    ids=lambda value: value if value.isalpha() else "",
)
def test_a_weakened_copy_is_found(pattern: str, weakened: str, expected: str) -> None:
    assert set(findings(re.sub(pattern, weakened, CI))) == {expected}
