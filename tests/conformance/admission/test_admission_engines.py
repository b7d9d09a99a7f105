"""From one engine to the other and back with no moment between them, and a Kyverno that is gone."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import key_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.ask import answers_to_cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.verdicts import refused_by
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.controllers import CALLING
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.kinds import Decides
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.live import Live
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.plans import layer_plan, read
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.exceptions import Bench
from ansible_collections.pingpong.platform.plugins.module_utils.proof.drift.verdicts.undeclared import (
    undeclared_cells,
)
from before import clear
from ruled import IMAGE, SHOP, Ruled, until

from tests.support import kyverno
from tests.support.apiserver import needed_program, running

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

MUST = next(case for case in cases(IMAGE) if case.refused)
WEBHOOKS = ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")


@pytest.fixture(scope="module")
def by_kubernetes() -> Iterator[Ruled]:
    with running(needed_program()) as server:
        client = ClusterClient.from_connection(server.connection)
        made = Ruled(server, client, "kubernetes")
        made.prepare()
        clear(client)
        made.apply()
        until(lambda: made.check() == {}, "Kubernetes' own engine does not judge")
        yield made
        client.close()


@contextmanager
def asking(ruled: Ruled) -> Iterator[Counter[str]]:
    """Ask for what a rule must refuse, again and again; the answers by who gave them."""
    answers: Counter[str] = Counter()
    stopped = threading.Event()

    def ask() -> None:
        client = ClusterClient.from_connection(ruled.server.connection)
        while not stopped.is_set():
            (said,) = answers_to_cases(client, [(MUST, SHOP)])
            who = "Kyverno" if "kyverno.svc" in said else "Kubernetes"
            answers[f"refused by {who}" if refused_by(said) == MUST.rule else said or "admitted"] += 1
            time.sleep(0.02)
        client.close()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        stopped.set()
        thread.join(60)


def drifted(client: ClusterClient) -> list[str]:
    """What ``drift_check`` names of the webhooks, all of which Kyverno has made for itself."""
    kinds = [WEBHOOKS, (WEBHOOKS[0], "MutatingWebhookConfiguration")]
    live = {key_of(one): one for kind in kinds for one in client.list(*kind)}
    assert {key.name for key in live} == set(CALLING)
    declared = read([layer_plan("kyverno", kyverno.layer(), {})])
    decides = tuple(Decides("admissionregistration.k8s.io", kind, "judges") for _group, kind in kinds)
    cells = undeclared_cells(Bench("primary", [], date(2026, 1, 1)), declared, Live(live, decides))
    return [cell.headline() for cell in cells if cell.verdict != "pass"]


def unanswered(ruled: Ruled) -> set[str]:
    """The rules with a case that is not answered."""
    return {cell.partition(",")[0] for cell in ruled.check()}


def called(client: ClusterClient) -> list[str]:
    """The webhooks by which Kyverno judges what is let in."""
    found = client.get(*WEBHOOKS, "kyverno-resource-validating-webhook-cfg") or {}
    return [webhook["name"] for webhook in found.get("webhooks") or []]


def test_an_engine_goes_when_the_other_judges_and_leaves_nothing(by_kubernetes: Ruled, tmp_path: Path) -> None:
    by_kyverno = replace(by_kubernetes, engine="kyverno")
    client = by_kubernetes.client
    with asking(by_kubernetes) as answers:
        by_kyverno.apply()
        with kyverno.running(by_kubernetes.server, client, tmp_path):
            assert not by_kyverno.apply(wait=True)["changed"], "what Kyverno writes is no change"
            by_kyverno.remove("kubernetes")
            assert by_kyverno.check() == {}
            assert not by_kyverno.apply(wait=True)["changed"]
            by_kubernetes.apply(wait=True)
            by_kyverno.withdraw()
            until(lambda: not called(client), "Kyverno is still asked")
            assert drifted(client) == []
        # As in a cluster: its pods are gone before its roles.
        assert not client.list(*WEBHOOKS)
        by_kubernetes.remove("kyverno")
        assert by_kubernetes.check() == {}
    print(f"asked: {dict(answers)}")
    assert set(answers) == {"refused by Kubernetes", "refused by Kyverno"}
    assert not by_kubernetes.remove("kyverno")["changed"]
    assert [one for one in client.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")
            if one["spec"]["group"].endswith("kyverno.io")] == []  # fmt: skip


def test_a_kyverno_that_is_gone_lets_nothing_in_and_passes_for_nothing(by_kubernetes: Ruled, tmp_path: Path) -> None:
    by_kyverno = replace(by_kubernetes, engine="kyverno")
    by_kyverno.apply()
    with kyverno.running(by_kubernetes.server, by_kubernetes.client, tmp_path) as process:
        by_kyverno.apply(wait=True)
        by_kyverno.remove("kubernetes")
        process.kill()
        process.wait()
        # The API server judges by a policy for a moment after that is gone.
        until(lambda: unanswered(by_kyverno) >= {case.rule for case in cases(IMAGE)}, "a rule passes for something")
        assert set(by_kyverno.check().values()) == {"inconclusive: refused"}
    by_kubernetes.apply()
    by_kubernetes.remove("kyverno")
    until(lambda: by_kubernetes.check() == {}, "what nobody answers is still asked")
    # Those that it gives no owner, for kinds that are gone.
    left = by_kubernetes.client.list(*WEBHOOKS)
    rules = [rule for one in left for webhook in one["webhooks"] for rule in webhook["rules"]]
    assert {group for rule in rules for group in rule["apiGroups"]} == {"kyverno.io", "policies.kyverno.io"}
