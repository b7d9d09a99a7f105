"""Every workflow calls targets that exist, pins what it uses, and may do no more than it needs."""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
READ = {"contents": "read"}
READ_AS_ONESELF = {**READ, "id-token": "write"}
# What a job may do beyond nothing. id-token is the identity that Google, or Pages, is shown.
PERMISSIONS: dict[str, dict[str, dict[str, str]]] = {
    "ci": dict.fromkeys(("lint", "units", "matrix", "sanity", "docs", "conformance", "proof", "molecule"), READ),
    "codeql": {"python": {**READ, "security-events": "write"}},
    "drift": {"drift": READ_AS_ONESELF},
    "promote": dict.fromkeys(("staging", "primary", "secondary", "whole"), READ_AS_ONESELF),
    "release": {
        **dict.fromkeys(("build", "docs", "publish"), READ),
        "pages": {"id-token": "write", "pages": "write"},
    },
}
# A step is one target, as a developer calls it; a pipeline's page takes its output.
STEP = re.compile(r'(sudo --preserve-env=PATH )?(?P<command>make [^$`;&|<>\n]+?)( >> "\$GITHUB_STEP_SUMMARY")?')


def findings(text: str) -> list[str]:
    """What is wrong with a workflow, a word a finding."""
    workflow: dict[str, Any] = yaml.safe_load(text)
    found = [] if workflow.get("permissions") == {} else ["permissions"]
    found += [] if "concurrency" in workflow else ["concurrency"]
    for name, job in workflow["jobs"].items():
        found += [] if "timeout-minutes" in job else ["timeout"]
        found += [] if job.get("permissions") == PERMISSIONS.get(workflow["name"], {}).get(name) else ["job"]
        for step in job["steps"]:
            used = step.get("uses", "")
            found += ["pin"] if used and not re.search(r"@[0-9a-f]{40}$", used) else []
            unkept = step.get("with", {}).get("persist-credentials") is False
            found += ["credentials"] if used.startswith("actions/checkout@") and not unkept else []
            environment = {**job.get("env", {}), **step.get("env", {})}
            found += step_findings(step["run"], frozenset(environment.items())) if "run" in step else []
    return found


@functools.cache
def step_findings(script: str, environment: frozenset[tuple[str, str]]) -> list[str]:
    """Whether make knows what a step asks of it; the environment's expressions are not resolved."""
    step = STEP.fullmatch(script)
    if not step:
        return ["step"]
    command = [*shlex.split(step["command"]), "--dry-run", "--no-print-directory"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **dict(environment)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return [] if done.returncode == 0 else ["target"]


def commands(name: str) -> dict[str, str]:
    """The first command of each job of a workflow."""
    jobs = yaml.safe_load((FOLDER / f"{name}.yml").read_text())["jobs"]
    return {job: next(step["run"] for step in content["steps"] if "run" in step) for job, content in jobs.items()}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_findings(path: Path) -> None:
    assert findings(path.read_text()) == []


@pytest.mark.parametrize(
    ("name", "pattern", "weakened", "expected"),
    [
        ("ci", r"@[0-9a-f]{40} # v", "@v", "pin"),
        ("ci", r"permissions: \{\}", "permissions: write-all", "permissions"),
        ("ci", r"contents: read", "contents: write", "job"),
        ("ci", r"persist-credentials: false", "persist-credentials: true", "credentials"),
        ("ci", r"run: make lint", "run: make nothing", "target"),
        ("ci", r"run: make lint", "run: pip install ruff && make lint", "step"),
        ("ci", r"run: make lint", "run: make lint ARGS=${{ github.head_ref }}", "step"),
        ("ci", r"    timeout-minutes: .*\n", "", "timeout"),
        ("ci", r"concurrency:\n(  .*\n)+", "", "concurrency"),
        ("codeql", r"contents: read", "contents: read\n      actions: write", "job"),
        ("promote", r"make deploy", "make promote", "target"),
        ("release", r"pages: write", "pages: write\n      contents: write", "job"),
        ("drift", r"id-token: write", "id-token: write\n      issues: write", "job"),
    ],
    ids=lambda value: value if re.fullmatch(r"[a-z]+", value) else "",
)
def test_a_weakened_copy_is_found(name: str, pattern: str, weakened: str, expected: str) -> None:
    text = (FOLDER / f"{name}.yml").read_text()
    assert set(findings(re.sub(pattern, lambda _unused: weakened, text))) == {expected}


def test_production_is_promoted_a_region_after_the_other_behind_staging() -> None:
    jobs = yaml.safe_load((FOLDER / "promote.yml").read_text())["jobs"]
    regions = list(yaml.safe_load((ROOT / "inventories/production/hosts.yml").read_text())["clusters"]["hosts"])
    order = ["staging", *regions, "whole"]
    assert list(jobs) == order
    assert [job.get("needs") for job in jobs.values()] == [None, *order[:-1]]
    assert [jobs[name]["environment"] for name in regions] == ["production"] * len(regions)
    assert commands("promote") == {
        "staging": "make verify ENV=staging",
        **{region: f"make deploy ENV=production ARGS='--limit {region}'" for region in regions},
        "whole": "make verify ENV=production",
    }


def test_a_night_looks_at_every_environment_on_google_cloud() -> None:
    matrix = yaml.safe_load((FOLDER / "drift.yml").read_text())["jobs"]["drift"]["strategy"]["matrix"]
    assert {"local", *matrix["environment"]} == {path.name for path in (ROOT / "inventories").iterdir()}
