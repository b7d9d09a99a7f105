"""What an attack's answer means beside its twin's."""

from __future__ import annotations

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import Answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf import attacks, check
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.verdicts import judge

PONG, DENIED, LIMITED = Answer(200, body="pong\n"), Answer(403, body="403 Forbidden"), Answer(429)
DOWN, RESET = Answer(503), Answer(error="connection reset by peer")

CASES = [
    ("refused, and the twin served", DENIED, PONG, "pass"),
    ("the attack served: detached, or in preview", PONG, PONG, "fail"),
    ("the attack served while the twin is not", PONG, DOWN, "fail"),
    ("everything refused", DENIED, DENIED, "inconclusive"),
    ("nothing answers", RESET, RESET, "inconclusive"),
    ("the service is down", DENIED, DOWN, "inconclusive"),
    ("another answer than the deny action's", Answer(404), PONG, "inconclusive"),
    ("a rate limit, not a rule set", LIMITED, PONG, "inconclusive"),
    ("the connection was reset", RESET, PONG, "inconclusive"),
    ("a 200 that is not the service's", Answer(200, body="a login page"), PONG, "inconclusive"),
]


@pytest.mark.parametrize(("case", "attack", "twin", "verdict"), CASES)
def test_an_attack_is_judged_beside_its_twin(case: str, attack: Answer, twin: Answer, verdict: str) -> None:
    assert judge(attack, twin, refusal=403, status=200, body="pong").verdict == verdict, case


def test_an_attack_differs_from_its_twin_in_one_thing() -> None:
    for name, pair in attacks.ATTACKS.items():
        assert pair.attack != pair.twin, name
        assert pair.attack.query.partition("=")[0] == pair.twin.query.partition("=")[0], name


@pytest.mark.parametrize("name", ["sqli", "sqli-v33-stable", "sqli-v422-canary"])
def test_a_rule_set_is_known_by_its_first_word(name: str) -> None:
    assert attacks.rule_set_of(name) == "sqli"


def test_an_unknown_rule_set_is_refused_by_name() -> None:
    options = {"endpoints": [], "rule_sets": ["sqli", "teapot-v1"], "cluster": "primary", "fail": True}
    with pytest.raises(OptionError, match=r'rule_sets\[1\]: found "teapot-v1", expected one of'):
        check.run(options)
