"""The repository that plays GitHub's: this checkout at its commit, with what is changed in tracked files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from testbed.host import run

AUTHOR = {f"GIT_{who}_{what}": "workflows@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
MAIN, TAGS = "refs/heads/main", "refs/tags/v"


def clone(source: Path, target: Path, inventory: str = "") -> None:
    """Make ``target`` a repository with the commit on main; ``inventory`` takes the place of all others there."""
    commit = run(["git", "stash", "create"], cwd=source, env=AUTHOR).stdout.strip() or "HEAD"
    commit = run(["git", "rev-parse", commit], cwd=source).stdout.strip()
    run(["git", "clone", "--quiet", "--shared", "--no-checkout", source, target])
    run(["git", "checkout", "--quiet", "-B", "main", commit], cwd=target)
    run(["git", "remote", "set-url", "origin", _galaxy(target)["repository"]], cwd=target)
    if inventory:
        for other in (target / "inventories").iterdir():
            if other.name != inventory:
                run(["git", "rm", "--quiet", "-r", other], cwd=target)
                other.symlink_to(inventory)
        run(["git", "add", "inventories"], cwd=target)
        run(["git", "commit", "--quiet", "--message", f"Play every environment by {inventory}"], cwd=target, env=AUTHOR)


def workflows(repository: Path) -> dict[str, Any]:
    """The documents of the workflows, by the names of their files."""
    folder = repository / ".github" / "workflows"
    # Strings alone, as the key `on` is no boolean.
    return {path.stem: yaml.load(path.read_text(), yaml.BaseLoader) for path in sorted(folder.glob("*.yml"))}  # noqa: S506


def event(workflow: dict[str, Any], repository: Path) -> tuple[str, str]:
    """What starts a workflow here, and its payload: a push, of the version's tag where tags do, or else a person."""
    starts = workflow["on"]
    tagged = "tags" in (starts.get("push") or {})
    head = run(["git", "rev-parse", "HEAD"], cwd=repository).stdout.strip()
    payload = {"ref": f"{TAGS}{_galaxy(repository)['version']}" if tagged else MAIN, "after": head, "deleted": False}
    return "push" if "push" in starts else "workflow_dispatch", json.dumps(payload)


def _galaxy(repository: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((repository / "galaxy.yml").read_text()))
