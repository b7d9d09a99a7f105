"""Every workflow runs step by step; a step that fails, is skipped, or asks an action for what it has not, goes red."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from testbed.host import REPOSITORY, run
from tests.workflows.play import play
from tests.workflows.repository import AUTHOR, workflows

WORKFLOWS = workflows(REPOSITORY)
# Each target says that it was called. One of them fails, at the call whose words FAIL holds.
MAKEFILE = """\
.RECIPEPREFIX := >
CALL := $(strip $(MAKECMDGOALS) $(ENV) $(ARGS))
%:
> @echo "$(CALL)" >> $(CALLS)
> @test "$(CALL)" != "$(FAIL)"
> @mkdir -p dist report && touch dist/index.html dist/c.tar.gz report/report.json
> @tar --create --file=dist/artifact.tar --directory=dist ./index.html
"""


class Checkout:
    """A repository with the workflows, and what of it was called, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder / "checkout", folder / "calls"
        shutil.copytree(REPOSITORY / ".github", self.folder / ".github")
        shutil.copy(REPOSITORY / "galaxy.yml", self.folder)
        (self.folder / "Makefile").write_text(MAKEFILE)
        for name in ("local", "staging", "production"):
            (self.folder / "inventories" / name).mkdir(parents=True)
            (self.folder / "inventories" / name / "hosts.yml").touch()
        run(["git", "init", "--quiet", self.folder])
        run(["git", "add", "--all"], cwd=self.folder)
        run(["git", "commit", "--quiet", "--message", "All"], cwd=self.folder, env=AUTHOR)

    def change(self, name: str, before: str, after: str) -> None:
        path = self.folder / ".github" / "workflows" / f"{name}.yml"
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))

    def play(self, name: str, job: str | None = None, fail: str = "none") -> list[str]:
        return play(self.folder, name, job, {"CALLS": str(self.calls), "FAIL": fail, "ARGS": ""})

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_step_of_a_workflow_runs(name: str, checkout: Checkout) -> None:
    assert checkout.play(name) == []


def test_a_step_that_fails_is_named_with_its_job_and_what_did_not_run_after_it(checkout: Checkout) -> None:
    assert checkout.play("release", fail="ee") == [
        "build: make ee: failure",
        "build: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02: did not run",
        "publish: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8: did not run",
        "publish: make publish: did not run",
        "pages: actions/deploy-pages@d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e: did not run",
    ]


def test_a_step_that_is_skipped_is_no_success(checkout: Checkout) -> None:
    checkout.change("ci", "      - name: make lint\n", "      - name: make lint\n        if: false\n")
    assert checkout.play("ci", "lint") == ["lint: make lint: did not run"]


def test_a_promotion_ends_with_the_region_that_falls_short(checkout: Checkout) -> None:
    wrong = checkout.play("promote", fail="deploy production --limit primary")
    assert wrong[0] == "primary: make deploy ENV=production: failure"
    assert {line.split(":")[0] for line in wrong} == {"primary", "secondary", "whole"}
    # Its page and its report are there all the same.
    assert checkout.called() == ["verify staging", "summary", "deploy production --limit primary", "summary"]


def test_each_environment_has_its_night(checkout: Checkout) -> None:
    assert checkout.play("drift", fail="drift staging") == ["drift (staging): make drift: failure"]
    nights = [f"{target} {environment}" for target in ("drift", "summary") for environment in ("production", "staging")]
    assert sorted(checkout.called()) == nights


PROVIDER = "workload_identity_provider: ${{ vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER }}"


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("ci", "run: make lint", "uses: actions/setup-go@v5", "setup-go@v5: found no stand-in of this pin"),
        ("ci", "persist-credentials:", "path:", "with: found 'path', expected one of persist-credentials"),
        ("drift", PROVIDER, "{}", "with: found no 'workload_identity_provider', expected a value"),
    ],
    ids=["unknown action", "unknown input", "missing input"],
)
def test_an_action_is_asked_for_what_it_has_before_anything_runs(
    name: str, before: str, after: str, expected: str, checkout: Checkout
) -> None:
    checkout.change(name, before, after)
    assert any(expected in line for line in checkout.play(name))
    assert not checkout.calls.exists()


@pytest.mark.parametrize(
    ("name", "job", "before", "after", "expected"),
    [
        ("drift", "drift", "vars.GOOGLE_WORKLOAD", "vars.WORKLOAD", "google-github-actions/auth"),
        ("codeql", "python", "languages: python", "languages: pyton", "github/codeql-action/init"),
        ("codeql", "python", "category: /language:python", "category: /language:go", "github/codeql-action/analyze"),
        ("release", "build", "path: dist/*.tar.gz", "path: dist/*.zip", "actions/upload-artifact"),
        (
            "release",
            "pages",
            "name: github-pages\n          path",
            "name: pages\n          path",
            "actions/deploy-pages",
        ),
        ("ci", "units", "--preserve-env=PATH make unit", "make unit", "make unit"),
    ],
    ids=["provider", "language", "category", "no files", "no pages", "sudo"],
)
def test_a_stand_in_refuses_what_the_action_would(
    name: str, job: str, before: str, after: str, expected: str, checkout: Checkout
) -> None:
    checkout.change(name, before, after)
    wrong = checkout.play(name, job)
    assert wrong[0].split(": ")[1].startswith(expected)
    assert wrong[0].endswith(": failure")
