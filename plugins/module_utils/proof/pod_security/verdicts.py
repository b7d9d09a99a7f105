# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verdicts on the API server's answers to the table of pods, and on pods that already run."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.answers import Answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.pod_security.model import Fixture, Level

UNDECIDED = "the API server gave an answer that is neither yes nor no of Pod Security's"


def judge_fixture(fixture: Fixture, level: Level, answer: Answer) -> Judgement:
    """Whether a level answered a fixture as the Pod Security Standards say.

    Another rule's refusal decides only what the order of admission says of it: see ``answers``.
    """
    seen, found = answer.phrase(), answer.violation
    if not fixture.refused_at(level):
        if found:
            return Judgement("fail", seen, "Pod Security refused a pod that the level must admit")
        return _no_objection(answer)
    if answer.admitted:
        return Judgement("fail", seen, f"{level} must refuse it: {fixture.reason_at(level)}")
    if answer.refused_later:
        return Judgement(
            "fail", seen, f"refused, but not by Pod Security, which had no objection: {fixture.reason_at(level)}"
        )
    if not found:
        return Judgement("inconclusive", seen, "refused, but not by Pod Security")
    if found["level"] != level:
        return Judgement("fail", seen, f"refused by level {found['level']}, expected {level}")
    if fixture.reason_at(level) not in found["details"]:
        return Judgement("fail", seen, f"the refusal does not name the violated control: {fixture.reason_at(level)}")
    return Judgement("pass", seen, "the refusal names the violated control")


def judge_injected(fixture: Fixture, level: Level, answer: Answer, plain: Answer) -> Judgement:
    """Whether a pod that the level must refuse is refused when it is injected as any other pod of the namespace is.

    What changes pods does so before Pod Security looks, and may remove what it would refuse; then another rule has to
    refuse it. ``plain`` is the answer to the unchanged pod: where that is refused, other rules' refusals mean nothing.
    """
    seen = answer.phrase()
    if answer.admitted:
        return Judgement("fail", seen, f"injection hides it from {level}, and no admission rule refuses it")
    if answer.violation:
        return Judgement("pass", seen, "Pod Security refuses it, injected as well")
    if not answer.refused_by_rule:
        return Judgement("inconclusive", seen, "neither Pod Security nor an admission rule answered")
    if not plain.admitted:
        return Judgement("inconclusive", seen, f"the plain pod is refused as well: {plain.phrase()}")
    return Judgement("pass", "refused by an admission rule", answer.message)


def judge_running(level: Level, answer: Answer) -> Judgement:
    """Whether a pod that runs would be admitted by its namespace's level today."""
    if answer.violation:
        return Judgement(
            "fail", answer.phrase(), f"it runs in a namespace of level {level} that would not admit it today"
        )
    return _no_objection(answer)


def judge_label(level: Level, labels: Mapping[str, str]) -> Judgement:
    """Whether a namespace carries the level that it was promised."""
    found = labels.get("pod-security.kubernetes.io/enforce")
    if found == level:
        return Judgement("pass", f"enforce: {found}", "")
    reason = "the label pod-security.kubernetes.io/enforce is missing" if found is None else "another level is enforced"
    return Judgement("fail", f"enforce: {found or 'none'}", reason)


def _no_objection(answer: Answer) -> Judgement:
    if answer.admitted:
        return Judgement("pass", answer.phrase(), "")
    if answer.refused_later:
        return Judgement("pass", "admitted by Pod Security", f"another admission rule refused: {answer.message}")
    return Judgement("inconclusive", answer.phrase(), UNDECIDED)
