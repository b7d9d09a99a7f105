# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask the real API server, by dry runs that create nothing, what each namespace refuses and admits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.fixtures import (
    FIXTURES,
    LEVELS,
    Fixture,
    Level,
    pod_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.verdicts import (
    Answer,
    as_new,
    judge_fixture,
    judge_label,
    judge_running,
)

PROOF = "pod_security"
ASKED = "API server"
WORKERS = 8
LABELS = {"app.kubernetes.io/managed-by": "pingpong.platform", "sidecar.istio.io/inject": "false"}
ENDED = ("Succeeded", "Failed")


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """The task ``pod_security_check``; options as in its argument spec."""
    levels = checked_levels(options["namespaces"])
    client = ClusterClient.from_connection(options["connection"])
    return conclude(PROOF, options, lambda: measure(client, options, levels))


def checked_levels(namespaces: Mapping[str, Any]) -> dict[str, Level]:
    """The option ``namespaces`` with every level known."""
    levels: dict[str, Level] = {}
    for name, wanted in namespaces.items():
        known = next((level for level in LEVELS if level == wanted), None)
        if known is None:
            raise OptionError(f"namespaces.{name}: found {wanted!r}, expected one of {', '.join(LEVELS)}")
        levels[name] = known
    return levels


def measure(client: ClusterClient, options: Mapping[str, Any], levels: Mapping[str, Level]) -> Findings:
    """All namespaces: the label, every fixture of the table, every running pod."""
    server = server_minor(client)
    cells: list[Cell] = []
    asked: set[str] = set()
    notes: list[str] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for namespace, level in levels.items():
            found = client.get("v1", "Namespace", namespace)
            cells.append(_label_cell(found, options, namespace, level))
            minor = standards_minor(((found or {}).get("metadata") or {}).get("labels") or {}, server)
            known = [fixture for fixture in FIXTURES if fixture.applies_to(minor)]
            names = {fixture.name for fixture in known}
            asked |= names
            notes += [
                f"{namespace}: fixture {name}: the standards of 1.{minor} say nothing of it"
                for name in sorted({fixture.name for fixture in FIXTURES} - names)
            ]
            pods = [pod_of(fixture, namespace, options["image"], LABELS) for fixture in known]
            answers = pool.map(lambda pod: ask(client, pod), pods)
            cells += [_fixture_cell(options, namespace, level, *pair) for pair in zip(known, answers, strict=True)]
            if options["scan"]:
                running = _running_pods(client, namespace)
                answers = pool.map(lambda pod: ask(client, as_new(pod)), running)
                for pod, answer in zip(running, answers, strict=True):
                    name = f"running pod {pod['metadata']['name']}"
                    place = (PROOF, options["cluster"], ASKED, namespace, name, "admitted")
                    cells.append(judge_running(level, answer).cell(*place))
    return Findings(cells, {"coverage": {"fixtures": len(asked), "namespaces": len(levels)}, "not_covered": notes})


def ask(client: ClusterClient, pod: dict[str, Any]) -> Answer:
    """The API server's answer to a pod that it is only asked about."""
    try:
        client.create(pod, dry_run=True)
    except ApiError as error:
        return Answer(error.status, error.message)
    return Answer(201)


def server_minor(client: ClusterClient) -> int:
    """The API server's minor version; GKE writes it as ``34+``."""
    return int("".join(letter for letter in client.request("GET", "/version")["minor"] if letter.isdigit()))


def standards_minor(labels: Mapping[str, str], server: int) -> int:
    """The minor version of the standards that a namespace is held to: its own where it is pinned, else the server's."""
    pinned = re.fullmatch(r"v1\.(\d+)", labels.get("pod-security.kubernetes.io/enforce-version", ""))
    return min(int(pinned[1]), server) if pinned else server


def _running_pods(client: ClusterClient, namespace: str) -> list[dict[str, Any]]:
    pods = client.list("v1", "Pod", namespace)
    return [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ENDED]


def _label_cell(found: Mapping[str, Any] | None, options: Mapping[str, Any], namespace: str, level: Level) -> Cell:
    if found is None:
        judgement = Judgement("fail", "no such namespace", "the namespace does not exist")
    else:
        judgement = judge_label(level, found["metadata"].get("labels") or {})
    return judgement.cell(PROOF, options["cluster"], ASKED, namespace, "level", f"enforce: {level}")


def _fixture_cell(options: Mapping[str, Any], namespace: str, level: Level, fixture: Fixture, answer: Answer) -> Cell:
    refused = fixture.refused_at(level)
    expected = f"refused: {fixture.reason_at(level)}" if refused else "admitted"
    evidence = {"control": fixture.control, "level": level, "status": answer.status, "message": answer.message}
    judgement = judge_fixture(fixture, level, answer)
    return judgement.cell(PROOF, options["cluster"], ASKED, namespace, fixture.name, expected, evidence)
