"""Which steps of a workflow have to run, and what is said of one that did not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.expected import Step, declared, last, shortcomings, unknown

PIN = "shop/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"
ACTIONS = {PIN: {"inputs": {"clean": {"default": "true"}, "token": {"required": True}}}}
WORKFLOW: dict[str, Any] = {
    "jobs": {
        "build": {"steps": [{"uses": PIN, "with": {"token": "t"}}, {"id": "made", "run": "make build"}]},
        "test": {
            "needs": ["build"],
            "strategy": {"matrix": {"python": ["3.12", "3.13"], "core": ["2.21"]}},
            "steps": [{"name": "make test", "run": "make test"}],
        },
        "publish": {"needs": "test", "steps": [{"run": "make publish"}]},
        "alone": {"steps": [{"run": "make docs"}]},
    }
}
TESTED = [Step("test (3.12, 2.21)", "0", "make test"), Step("test (3.13, 2.21)", "0", "make test")]
BUILT = [Step("build", "0", PIN), Step("build", "made", "make build")]


def test_every_step_is_declared_and_a_matrix_has_each_of_its_jobs() -> None:
    published = [Step("publish", "0", "make publish"), Step("alone", "0", "make docs")]
    assert declared(WORKFLOW) == [*BUILT, *TESTED, *published]


@pytest.mark.parametrize(
    ("job", "steps"),
    [
        ("alone", [Step("alone", "0", "make docs")]),
        ("test", [*BUILT, *TESTED]),
        ("publish", [*BUILT, *TESTED, Step("publish", "0", "make publish")]),
    ],
)
def test_a_job_brings_all_that_it_needs(job: str, steps: list[Step]) -> None:
    assert declared(WORKFLOW, job) == steps


def test_the_jobs_that_none_needs_bring_the_whole_workflow_in_order() -> None:
    assert last(WORKFLOW) == ["publish", "alone"]


def test_what_failed_and_what_never_ran_falls_short() -> None:
    results = {("build", "0"): "success", ("build", "made"): "failure", ("test (3.12, 2.21)", "0"): "success"}
    assert shortcomings([*BUILT, *TESTED], results) == [
        "build: make build: failure",
        "test (3.13, 2.21): make test: did not run",
    ]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"uses": PIN, "with": {"token": "t", "clean": "false"}}, []),
        ({"uses": PIN}, ["with: found no 'token', expected a value"]),
        ({"uses": PIN, "with": {"token": "t", "deep": "1"}}, ["with: found 'deep', expected one of clean, token"]),
        ({"uses": f"{PIN}0"}, [f"found no stand-in of this pin, expected one of {PIN}"]),
        ({"run": "make build"}, []),
    ],
)
def test_an_action_that_is_asked_for_what_it_has_not_is_named(step: dict[str, Any], expected: list[str]) -> None:
    workflow = {"jobs": {"build": {"steps": [step]}}}
    assert unknown(workflow, ACTIONS) == [f"build: {step.get('uses')}: {wrong}" for wrong in expected]
