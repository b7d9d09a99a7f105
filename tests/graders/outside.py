"""The graders as programs: each is run over files, and its answer becomes findings."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.graders.waivers import Finding

ROOT = Path(__file__).parents[2]
TIMEOUT = 300
# Groups whose schemas Kubernetes itself publishes; kinds of other groups are custom.
OWN_GROUPS = re.compile(r"(v1|(apps|autoscaling|batch|policy|[a-z.]+\.k8s\.io)/v\w+)$")
CUSTOM_GROUPS = ("gateway.networking.k8s.io/", "secrets-store.csi.x-k8s.io/")
OPTION = re.compile(r"entry_points -> \S+ -> options -> (\w+)")


class GraderError(RuntimeError):
    """A grader that ended without an answer."""


def checkov(programs: Path, objects: Mapping[str, list[dict[str, Any]]], folder: Path) -> list[Finding]:
    """The Kubernetes framework's failed checks over the objects of every inventory, by the inventory's name."""
    folder.mkdir()
    for inventory, documents in objects.items():
        (folder / f"{inventory}.yml").write_text(yaml.safe_dump_all(documents))
    command = ["checkov", "--directory", folder, "--framework", "kubernetes", "--output", "json"]
    answer = _json(programs, *command, "--compact", "--quiet", "--skip-download")
    if not answer.get("summary", answer).get("passed") or answer["summary"]["parsing_errors"]:
        raise GraderError(f"checkov graded nothing, or could not read a file: {answer.get('summary', answer)}")
    failed = answer["results"]["failed_checks"]
    return [Finding("checkov", item["check_id"], item["resource"], item["check_name"]) for item in failed]


def kubernetes_validate(
    programs: Path, version: str, objects: Mapping[str, list[dict[str, Any]]], folder: Path
) -> list[Finding]:
    """What the schemas of a version (``1.34``) say of the objects of Kubernetes' own kinds, unknown fields included."""
    folder.mkdir()
    names = {}
    for document in (item for documents in objects.values() for item in documents):
        api = document["apiVersion"]
        if OWN_GROUPS.match(api) and not api.startswith(CUSTOM_GROUPS):
            path = folder / f"{len(names)}.yml"
            path.write_text(yaml.safe_dump(document))
            metadata = document["metadata"]
            names[str(path)] = ".".join(
                (document["kind"], *([metadata["namespace"]] if "namespace" in metadata else []), metadata["name"])
            )
    output = _run(programs, "kubernetes-validate", "-k", version, "--strict", *names)
    found = [line.split(" ", 2) for line in output.splitlines() if line.startswith(("ERROR", "WARN", "INFO"))]
    if {path.rstrip(":") for _level, path, *_text in found} != set(names):
        raise GraderError(f"kubernetes-validate did not answer for every object: {output[-500:]}")
    return [
        Finding("kubernetes-validate", "schema", names[path.rstrip(":")], " ".join(text))
        for level, path, *text in found
        if level != "INFO"
    ]


def antsibull(programs: Path) -> list[Finding]:
    """What keeps the collection's docs from being rendered as they are meant."""
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    command = ("antsibull-docs", "lint-collection-docs", ROOT, "--plugin-docs", "--message-format", "json")
    answer = _json(programs, *command, **environment)
    return [finding for message in answer["messages"] for finding in _of_docs(message)]


def _of_docs(message: Mapping[str, Any]) -> Iterator[Finding]:
    path, text = str(message["path"]), str(message["message"])
    options = OPTION.findall(text)
    where = path.removeprefix(f"{ROOT}/")
    for name in options or [""]:
        yield Finding("antsibull-docs", "option" if name else "file", f"{where}:{name}" if name else where, text)


def zizmor(programs: Path, folder: Path) -> list[Finding]:
    """What zizmor finds in the workflows of a folder, without asking GitHub."""
    answer = _json(programs, "zizmor", "--offline", "--no-progress", "--format", "json", folder)
    return [
        Finding(
            "zizmor",
            item["ident"],
            _of_checkout(location["symbolic"]["key"]["Local"]["verbatim_path"]),
            item["desc"],
        )
        for item in answer
        for location in item["locations"]
        if location["symbolic"]["kind"] == "Primary"
    ]


def actionlint(program: Path, workflows: Sequence[Path]) -> list[Finding]:
    """What actionlint, with shellcheck over each step's script, finds in workflows."""
    answer = _json(program.parent, program.name, "-format", "{{json .}}", *workflows)
    return [Finding("actionlint", item["kind"], _of_checkout(item["filepath"]), item["message"]) for item in answer]


def _of_checkout(path: str) -> str:
    return (ROOT / path).resolve().as_posix().removeprefix(f"{ROOT.resolve()}/")


def _json(programs: Path, *command: str | Path, **environment: str) -> Any:
    output = _run(programs, *command, **environment)
    try:
        return json.loads(output)
    except ValueError as error:
        raise GraderError(f"{command[0]}: expected JSON, found {output[-500:]!r}") from error


def _run(programs: Path, name: str | Path, *arguments: str | Path, **environment: str) -> str:
    """A grader's standard output. Its exit code says only that there are findings."""
    # antsibull-docs asks ansible-galaxy and ansible-doc, actionlint asks shellcheck: the project's own.
    path = os.pathsep.join((str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath)))
    result = subprocess.run(
        [programs / name, *arguments], cwd=ROOT, env={**os.environ, "PATH": path, **environment},
        capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    if not result.stdout.strip() and result.returncode:
        raise GraderError(f"{name} ended with {result.returncode}: {result.stderr[-1000:]}")
    return result.stdout
