"""What of a workflow has to run, and what of it did not. Pure.

A workflow is the document of its file, an action that of a stand-in's ``action.yml``, by the words after ``uses:``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A step of a job, which is named as GitHub names it: with the values of its matrix. ``id`` is act's."""

    job: str
    id: str
    name: str


def jobs(workflow: Document, chosen: str | None = None) -> Iterator[tuple[str, Document]]:
    """The jobs by their names in the file; of the chosen one and of all that it needs."""
    needed = {chosen} if chosen else set(workflow["jobs"])
    for name, job in reversed(workflow["jobs"].items()):
        if name in needed:
            needed |= _needs(job)
    return ((name, job) for name, job in workflow["jobs"].items() if name in needed)


def last(workflow: Document) -> list[str]:
    """The jobs that no other needs, in order: with all that they need they are the whole workflow."""
    return [name for name in workflow["jobs"] if all(name not in _needs(job) for job in workflow["jobs"].values())]


def _needs(job: Document) -> set[str]:
    needs = job.get("needs", [])
    return {needs} if isinstance(needs, str) else set(needs)


def job_name(name: str, values: Mapping[str, object] | None) -> str:
    return f"{name} ({', '.join(map(str, values.values()))})" if values else name


def declared(workflow: Document, chosen: str | None = None) -> list[Step]:
    """Every step that has to run, those of a matrix once for each of its values."""
    return [
        Step(job_name(name, values), step.get("id", str(index)), step.get("name") or step.get("uses") or step["run"])
        for name, job in jobs(workflow, chosen)
        for values in _matrix(job)
        for index, step in enumerate(job["steps"])
    ]


def _matrix(job: Document) -> Iterator[dict[str, object]]:
    axes = job.get("strategy", {}).get("matrix", {})
    return (dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))


def unknown(workflow: Document, actions: Mapping[str, Document]) -> list[str]:
    """A sentence for each action that no stand-in answers, and for each input that its stand-in can't take."""
    return [
        f"{name}: {step['uses']}: {wrong}"
        for name, job in jobs(workflow)
        for step in job["steps"]
        if "uses" in step
        for wrong in _wrong(step, actions)
    ]


def _wrong(step: Document, actions: Mapping[str, Document]) -> Iterator[str]:
    if step["uses"] not in actions:
        yield f"found no stand-in of this pin, expected one of {', '.join(sorted(actions))}"
        return
    inputs, given = actions[step["uses"]].get("inputs", {}), step.get("with", {})
    for name in given.keys() - inputs.keys():
        yield f"with: found {name!r}, expected one of {', '.join(inputs) or 'none'}"
    for name, facts in inputs.items():
        if facts.get("required") and not given.get(name):
            yield f"with: found no {name!r}, expected a value"


def shortcomings(steps: Sequence[Step], results: Mapping[tuple[str, str], str]) -> list[str]:
    """A sentence for each step without a success. A result is act's word, by the names of the job and the step."""
    found = [(step, results.get((step.job, step.id), "did not run")) for step in steps]
    return [f"{step.job}: {step.name}: {result}" for step, result in found if result != "success"]
