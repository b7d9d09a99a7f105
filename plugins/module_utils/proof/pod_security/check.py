# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``pod_security_check``: every namespace's label, its answers to the table, and the pods that run in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.answers import Answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.ask import Questions
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.fixtures import FIXTURES, PLAIN
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import LEVELS, Fixture, Level
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.verdicts import (
    judge_fixture,
    judge_injected,
    judge_label,
    judge_running,
)

PROOF = "pod_security"
ASKED = "API server"


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
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
    questions = Questions(client, options["image"])
    cells: list[Cell] = []
    asked: set[str] = set()
    notes: list[str] = []
    for namespace, level in levels.items():
        found = client.get("v1", "Namespace", namespace)
        place = _Place(options["cluster"], namespace, level)
        cells.append(place.label(found))
        minor = standards_minor(((found or {}).get("metadata") or {}).get("labels") or {}, questions.minor)
        known = [fixture for fixture in FIXTURES if fixture.applies_to(minor)]
        names = {fixture.name for fixture in known}
        asked |= names
        notes += [
            f"{namespace}: fixture {name}: the standards of 1.{minor} say nothing of it"
            for name in sorted({fixture.name for fixture in FIXTURES} - names)
        ]
        new = [fixture for fixture in known if fixture.ephemeral is None]
        cells += place.fixtures(zip(new, questions.fixtures(namespace, new, injected=False), strict=True))
        cells += _injected(questions, place, new, notes)
        running = questions.running_pods(namespace)
        ephemeral = [fixture for fixture in known if fixture.ephemeral is not None]
        if running:
            answers = questions.ephemeral(running[0], ephemeral)
            cells += place.fixtures(zip(ephemeral, answers, strict=True))
        else:
            notes.append(f"{namespace}: no pod runs there, so it was not asked about ephemeral containers")
        if options["scan"]:
            cells += place.running(zip(running, questions.running(running), strict=True))
    return Findings(cells, {"coverage": {"fixtures": len(asked), "namespaces": len(levels)}, "not_covered": notes})


def _injected(questions: Questions, place: _Place, new: Iterable[Fixture], notes: list[str]) -> list[Cell]:
    """The cells of a namespace that changes new pods: what it must refuse, asked about as any other pod of it."""
    apart, plain = (questions.fixtures(place.namespace, [PLAIN], injected=injected)[0] for injected in (False, True))
    if not apart.admitted and not plain.admitted:
        notes.append(f"{place.namespace}: a plain pod is refused, so what injection changes was not asked about")
        return []
    if (apart.pod or {}).get("spec") == (plain.pod or {}).get("spec"):
        return []  # nothing changes pods here
    refused = [fixture for fixture in new if fixture.refused_at(place.level)]
    answers = questions.fixtures(place.namespace, refused, injected=True)
    return place.injected(zip([PLAIN, *refused], [plain, *answers], strict=True), plain)


def standards_minor(labels: Mapping[str, str], server: int) -> int:
    """The minor version of the standards that a namespace is held to: its own where it is pinned, else the server's."""
    pinned = re.fullmatch(r"v1\.(\d+)", labels.get("pod-security.kubernetes.io/enforce-version", ""))
    return min(int(pinned[1]), server) if pinned else server


class _Place:
    """A namespace's cells."""

    def __init__(self, cluster: str, namespace: str, level: Level) -> None:
        self.cluster, self.namespace, self.level = cluster, namespace, level

    def label(self, found: Mapping[str, Any] | None) -> Cell:
        if found is None:
            judgement = Judgement("fail", "no such namespace", "the namespace does not exist")
        else:
            judgement = judge_label(self.level, found["metadata"].get("labels") or {})
        return judgement.cell(PROOF, self.cluster, ASKED, self.namespace, "level", f"enforce: {self.level}")

    def fixtures(self, answered: Iterable[tuple[Fixture, Answer]]) -> list[Cell]:
        return [
            self._cell(fixture, answer, judge_fixture(fixture, self.level, answer), self.namespace)
            for fixture, answer in answered
        ]

    def injected(self, answered: Iterable[tuple[Fixture, Answer]], plain: Answer) -> list[Cell]:
        return [
            self._cell(
                fixture, answer,
                judge_fixture(fixture, self.level, answer) if fixture is PLAIN
                else judge_injected(fixture, self.level, answer, plain),
                f"{self.namespace}, injected",
            )
            for fixture, answer in answered
        ]  # fmt: skip

    def running(self, answered: Iterable[tuple[Mapping[str, Any], Answer]]) -> list[Cell]:
        return [
            judge_running(self.level, answer).cell(
                PROOF, self.cluster, ASKED, self.namespace, f"running pod {pod['metadata']['name']}", "admitted"
            )
            for pod, answer in answered
        ]

    def _cell(self, fixture: Fixture, answer: Answer, judgement: Judgement, target: str) -> Cell:
        refused = fixture.refused_at(self.level)
        expected = f"refused: {fixture.reason_at(self.level)}" if refused else "admitted"
        evidence = {
            "control": fixture.control, "level": self.level, "status": answer.status, "message": answer.message,
        }  # fmt: skip
        return judgement.cell(PROOF, self.cluster, ASKED, target, fixture.name, expected, evidence)
