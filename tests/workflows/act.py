"""nektos/act: a workflow's jobs as processes of this machine, each in an empty folder, one job after the other."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from testbed.host import cache_root
from testbed.images import golang
from tests.workflows.expected import Document, job_name
from tests.workflows.given import Given

HERE = Path(__file__).parent
ACTIONS = HERE / "actions"
# What a developer's shell and make say to what they start; a runner says nothing of it.
OURS = re.compile(r"ANSIBLE_|MAKE|(MFLAGS|VIRTUAL_ENV|ARGS|ENV|TAG)$")


def program() -> Path:
    """act itself, built on first use."""
    cache = cache_root()
    return golang.build(golang.BY_NAME["act"], cache, cache / "logs" / "go-act.log") / "act"


def stand_ins() -> dict[str, Document]:
    """Every stand-in's document, by what it stands for: ``owner/repository[/path]@commit``."""
    documents = (yaml.safe_load(path.read_text()) for path in ACTIONS.rglob("action.yml"))
    return {document["name"]: document for document in documents}


def environment(before: Mapping[str, str], checkout: Path) -> dict[str, str]:
    """A runner's environment on this machine: without what leads to the tools of the checkout."""
    kept = {name: value for name, value in before.items() if not OURS.match(name)}
    path = [item for item in kept["PATH"].split(os.pathsep) if not Path(item).is_relative_to(checkout)]
    return {**kept, "PATH": os.pathsep.join([str(HERE / "bin"), *path])}


class Run:
    """One workflow's run. Iterated, it yields what is said, line by line; then ``results`` and ``code`` are whole.

    ``results`` has act's word for each step that ran, by the names of its job and step.
    """

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.results: dict[tuple[str, str], str] = {}
        self.code = 0
        self._command, self._folder, self._environment = command, folder, environment

    def __iter__(self) -> Iterator[str]:
        with subprocess.Popen(
            self._command, cwd=self._folder, env=self._environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            for line in process.stdout or ():
                if line.startswith("{"):
                    yield from self._heard(json.loads(line))
                else:
                    yield line.rstrip()
        self.code = process.returncode

    def _heard(self, entry: dict[str, Any]) -> Iterator[str]:
        """What a person wants to see of an entry of act's log."""
        job = job_name(entry.get("jobID", "act"), entry.get("matrix"))
        if entry.get("raw_output") or entry["level"] == "error" or "jobResult" in entry:
            yield f"[{job}] {entry['msg'].rstrip()}"
        # The steps inside an action have a longer id.
        elif entry.get("stage") == "Main" and "stepResult" in entry and len(entry["stepID"]) == 1:
            self.results[job, entry["stepID"][0]] = entry["stepResult"]
            yield f"[{job}] {entry['step']}: {entry['stepResult']} in {entry['executionTime'] / 1e9:.1f} s"


def command(
    workflow: str, event: tuple[str, str], given: Given, actions: Mapping[str, Document], folder: Path, job: str
) -> list[str]:
    """act's command line, for a repository as working folder; ``folder`` takes what it keeps while it runs."""
    kind, payload = event
    (folder / "event.json").write_text(payload)
    (folder / "secrets").write_text("".join(f"{name}={value}\n" for name, value in given.secrets.items()))
    # An action may be in a folder of its repository.
    pins = {("/".join(where.split("/")[:2]), pin) for where, pin in (name.split("@") for name in actions)}
    return [
        str(program()), kind, "--workflows", f".github/workflows/{workflow}.yml",
        "--eventpath", str(folder / "event.json"), "--secret-file", str(folder / "secrets"),
        "--json", "--no-skip-checkout", "--no-cache-server", "--concurrent-jobs", "1",
        "--platform", "ubuntu-latest=-self-hosted", "--action-cache-path", str(folder / "jobs"),
        *(f"--local-repository={where}@{pin}={ACTIONS / where}" for where, pin in sorted(pins)),
        *(f"--var={name}={value}" for name, value in given.variables.items()),
        "--job", job,
    ]  # fmt: skip
