"""plan.yml plans exactly the roles that base.yml and app.yml apply: one that is left out would be named as drift."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

BOOKS = Path(__file__).parents[3] / "playbooks"


def roles(book: str) -> Iterator[tuple[str, str]]:
    """The roles of a playbook and of those that it imports, with their tasks' file, in order."""
    for play in yaml.safe_load((BOOKS / book).read_text()):
        imported = play.get("ansible.builtin.import_playbook")
        if imported:
            yield from roles(imported)
        for task in play.get("tasks") or []:
            yield from _of(task)


def _of(task: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for inner in task.get("block") or []:
        yield from _of(inner)
    role = task.get("ansible.builtin.include_role")
    if role:
        yield role["name"], role.get("tasks_from", "main")


def test_every_role_that_is_applied_is_planned() -> None:
    applied = dict.fromkeys([*roles("base.yml"), *roles("app.yml")])
    assert list(dict.fromkeys(roles("plan.yml"))) == list(applied)


def test_the_plan_changes_nothing_whatever_the_command_says() -> None:
    (play,) = yaml.safe_load((BOOKS / "plan.yml").read_text())
    assert play["check_mode"] is True
    assert play["vars"]["platform_keep_plans"] is True
