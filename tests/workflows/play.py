"""One workflow of a checkout's commit, run whole or for one of its jobs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from testbed.host import state_root
from tests.workflows import act, expected, repository
from tests.workflows.given import given


def play(checkout: Path, name: str, job: str | None = None, environment: Mapping[str, str] | None = None) -> list[str]:
    """Run a workflow as it tells on the terminal; return a sentence for all that fell short.

    ``environment`` is the runner's own, beside what it has for this workflow.
    """
    has = given(name)
    with tempfile.TemporaryDirectory(prefix="pingpong-workflows-") as made:
        folder = Path(made)
        clone = folder / "repository"
        repository.clone(checkout, clone, has.inventory)
        workflow, actions = repository.workflows(clone)[name], act.stand_ins()
        wrong = expected.unknown(workflow, actions)
        if wrong:
            return wrong
        event = repository.event(workflow, clone)
        runner = {**act.environment(os.environ, checkout), **has.environment, **(environment or {})}
        runner |= {**_kept(checkout, folder), "WORKFLOWS_REPOSITORY": str(clone)}
        # One by one, since act's own order of jobs that wait for none is any.
        for last in [job] if job else expected.last(workflow):
            run = act.Run(act.command(name, event, has, actions, folder, last), clone, runner)
            for line in run:
                print(f"{name} {line}", flush=True)
            short = expected.shortcomings(expected.declared(workflow, last), run.results)
            wrong += short or ([f"{last}: act: exit code {run.code}"] if run.code else [])
    return wrong


def _kept(checkout: Path, folder: Path) -> dict[str, str]:
    """Where jobs leave artifacts for each other, and what a runner keeps from one job to the next."""
    artifacts, kept = folder / "artifacts", folder / "kept"
    artifacts.mkdir()
    kept.mkdir()
    (kept / ".venv").symlink_to(checkout / ".venv")
    (kept / ".local").symlink_to(state_root())
    return {"WORKFLOWS_ARTIFACTS": str(artifacts), "WORKFLOWS_KEPT": str(kept)}
