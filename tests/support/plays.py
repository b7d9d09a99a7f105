"""Playbooks as users run them: by ``ansible-playbook``, in a process of its own, with this checkout's collection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, cell_from

ROOT = Path(__file__).parents[2]
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
TIMEOUT = 1200.0  # seconds, far more than any playbook needs on a busy machine


def playbook(
    *arguments: str, folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """One run, in ``folder``; with the machine's environment unless another is given."""
    ours = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    return subprocess.run(
        [PLAYBOOK, *arguments],
        cwd=folder,
        env={**(os.environ if environment is None else environment), **ours, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def play(
    folder: Path, tasks: Sequence[Mapping[str, Any]], *arguments: str, **keywords: Any
) -> subprocess.CompletedProcess[str]:
    """Run a play of these tasks on this machine, from ``folder``; ``keywords`` are those of the play."""
    book = folder / "play.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks), **keywords}]))
    python = f"ansible_python_interpreter={sys.executable}"
    return playbook("-i", "localhost,", "-c", "local", "-e", python, book.name, *arguments, folder=folder)


def reported(*arguments: str, folder: Path) -> tuple[int, str, list[Cell]]:
    """Run a playbook that writes its report to ``folder``: exit code, output, the report's cells."""
    done = playbook(*arguments)
    report = folder / "report.json"
    assert report.exists(), f"no report was written:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    return done.returncode, done.stdout + done.stderr, [cell_from(c) for c in json.loads(report.read_text())["cells"]]
