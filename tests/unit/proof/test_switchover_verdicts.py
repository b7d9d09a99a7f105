"""A planned switch-over: the steps from what records prefer, and each way in which it may end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.inventory.edge import dns_answer
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Record, Sample, Site
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover import measures
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.check import plan_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.model import (
    Preference,
    Step,
    SwitchPlan,
    SwitchRecord,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.steps import (
    preference_in,
    routing_policy,
    steps_to,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.switchover.verdicts import cells_of

HOST = "test.localdev.me"
OLD, NEW = Site("old", "198.51.100.1", "cluster-old"), Site("new", "198.51.100.2", "cluster-new")
REGIONS = {"old": "europe-west1", "new": "us-east1"}
ADDRESSES = {site.name: site.address for site in (OLD, NEW)}
BEGAN, MOVED, END = 10.0, 20.0, 60.0
TTL = 30


def policy(primary: str, trickle: float = 0.0) -> dict[str, Any]:
    answer = dns_answer(REGIONS, name="", primary=primary, targets=ADDRESSES, trickle=trickle)
    return {**answer, "ttl": TTL}


# --- steps ---


@pytest.mark.parametrize(
    ("live", "steps"),
    [
        ({"a": ("old", 0.0)}, [{"a": ("old", 0.1)}, {"a": ("old", 0.5)}, {"a": ("new", 0.0)}]),
        ({"a": ("new", 0.0)}, []),
        ({"a": ("old", 0.1)}, [{"a": ("old", 0.5)}, {"a": ("new", 0.0)}]),
        ({"a": ("old", 1.0)}, [{"a": ("new", 0.0)}]),
        ({"a": ("new", 0.5)}, [{"a": ("new", 0.0)}]),
        (
            {"a": ("old", 0.0), "b": ("old", 0.1)},
            [{"a": ("old", 0.1)}, {"a": ("old", 0.5), "b": ("old", 0.5)}, {"a": ("new", 0.0), "b": ("new", 0.0)}],
        ),
        (
            {"a": ("new", 0.0), "b": ("old", 0.5)},
            [{"b": ("new", 0.0)}],
        ),
        ({}, []),
    ],
    ids=["whole", "there already", "killed at 10 %", "failed over by hand", "others named as well", "one ahead",
         "one there", "no host"],
)  # fmt: skip
def test_steps_lead_from_what_is_live_to_the_target(
    live: dict[str, tuple[str, float]], steps: list[dict[str, tuple[str, float]]]
) -> None:
    found = steps_to({host: Preference(*preference) for host, preference in live.items()}, "new", [0.5, 0.1])
    assert found == [{host: Preference(*preference) for host, preference in step.items()} for step in steps]


def test_what_a_record_prefers_is_read_from_what_the_edge_declares() -> None:
    for preference in (Preference("old"), Preference("new", 0.5)):
        live = policy(preference.primary, preference.trickle)
        assert preference_in(HOST, live, (OLD, NEW)) == preference
        assert routing_policy(preference, policy("old"), (OLD, NEW), REGIONS) == live["routingPolicy"]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (None, "record a: it does not exist"),
        ({"rrdatas": ["198.51.100.1"]}, "record a: found no failover policy"),
        ({"routingPolicy": {"geo": {}}}, "record a: found no failover policy"),
        ({"routingPolicy": {"primaryBackup": {"primaryTargets": {"externalEndpoints": ["192.0.2.9"]}}}},
         "found the primary 192.0.2.9, expected one of old 198.51.100.1, new 198.51.100.2"),
        ({"routingPolicy": {"primaryBackup": {"primaryTargets": {}}}}, "found the primary nothing"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_fail_over_between_the_sites_is_named(record: dict[str, Any] | None, says: str) -> None:
    with pytest.raises(PlatformError, match=says):
        preference_in("a", record, (OLD, NEW))


# --- verdicts ---

PLAN = SwitchPlan(
    hosts=(HOST,), target=NEW, others=(OLD,), shares=(0.5,), hold=10.0, ttl=TTL, margin=5.0, in_a_row=3
)  # fmt: skip
STEPS = (Step({HOST: Preference("old", 0.5)}, BEGAN), Step({HOST: Preference("new")}, MOVED - 0.5))


def sample(began: float, asked: str = "", site: Site = OLD) -> Sample:
    return Sample(host=HOST, began=began, ended=began + 0.1, asked=asked, address=site.address,
                  ttl=None if asked else TTL, site=site.name)  # fmt: skip


def good() -> SwitchRecord:
    """One client a second of each kind: every other answer names the new site from 10 on, all of them from 20 on."""
    clients = []
    for second in range(int(END)):
        new = second >= MOVED or (second >= BEGAN and second % 2)
        clients += [sample(second, "", NEW if new else OLD), sample(second, "old", OLD), sample(second, "new", NEW)]
    kept = tuple(sample(second, "", OLD) for second in range(0, int(END), 2))
    return SwitchRecord(Record(tuple(clients)), kept, {HOST: 1}, STEPS, MOVED)


GOOD = good()
Change = Callable[[Sample], Sample]


def changed(to: Change, asked: str = "", since: float = 0.0, until: float = END, address: str = "") -> SwitchRecord:
    samples = tuple(
        to(item) if item.asked == asked and since <= item.began < until and address in ("", item.address) else item
        for item in GOOD.clients.samples
    )
    return replace(GOOD, clients=Record(samples))


def failing(item: Sample) -> Sample:
    return replace(item, site="", error="HTTP 503")


def named(site: Site) -> Change:
    return lambda item: replace(item, address=site.address, site=site.name)


def verdicts(record: SwitchRecord, plan: SwitchPlan = PLAN) -> dict[str, str]:
    return {cell.case: cell.verdict for cell in cells_of(plan, record)}


ALL_PASS = dict.fromkeys(["target", "TTL", "switch-over", "requests", "old answers", "keep-alive"], "pass")
CASES: list[tuple[str, SwitchRecord, dict[str, str]]] = [
    ("as it should be", GOOD, {}),
    ("a client lost on the way", changed(failing, since=15.0, until=16.0), {"requests": "fail"}),
    ("a client lost before the first change", changed(failing, since=5.0, until=6.0), {}),
    ("an answer names the old site too late", changed(named(OLD), since=26.0, until=27.0), {"switch-over": "fail"}),
    ("clients end in the old region", changed(named(OLD), since=57.0), {"switch-over": "fail"}),
    ("never served there", changed(failing, since=MOVED), {"switch-over": "fail", "requests": "fail"}),
    ("a TTL too long", changed(lambda item: replace(item, ttl=31)), {"TTL": "fail"}),
    ("whoever kept an old answer is lost", changed(failing, "old", 40.0, 41.0), {"old answers": "fail"}),
    ("the old site stops once it is left", changed(failing, "old", 55.0), {}),
    ("a keep-alive client loses a request", replace(GOOD, keep_alive=(*GOOD.keep_alive, failing(sample(59.0)))),
     {"keep-alive": "fail"}),
    ("no keep-alive client asked", replace(GOOD, keep_alive=()), {"keep-alive": "inconclusive"}),
    ("set back as it was", replace(GOOD, moved=None, stopped="new did not serve"), {"switch-over": "fail"}),
    ("the target does not serve beforehand", changed(failing, "new", 0.0, BEGAN), {"target": "fail"}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "wrong"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_end_of_a_switch_over_is_reported(record: SwitchRecord, wrong: dict[str, str]) -> None:
    assert verdicts(record) == ALL_PASS | wrong


def test_a_refused_switch_over_measures_nothing() -> None:
    refused = SwitchRecord(Record(changed(failing, "new").clients.samples))
    assert verdicts(refused) == {"target": "fail", "TTL": "pass", "switch-over": "inconclusive"}


def test_an_empty_record_passes_nothing() -> None:
    assert set(verdicts(SwitchRecord(Record(()))).values()) == {"fail", "inconclusive"}


def test_everyone_has_arrived_when_the_last_old_answer_has_expired() -> None:
    found = measures.arrival(PLAN, GOOD, HOST)
    assert (found.old_answer_seconds, found.floor_seconds, found.everyone_seconds) == (0.0, TTL, float(TTL))
    late = measures.arrival(PLAN, changed(named(OLD), since=21.0, until=22.0), HOST)
    assert (late.old_answer_seconds, late.everyone_seconds) == (1.1, 31.1)
    assert not measures.arrived(PLAN, GOOD, MOVED + 29.0) and measures.arrived(PLAN, GOOD, MOVED + 30.0)


def test_where_no_answer_named_another_site_nobody_is_waited_for() -> None:
    there = SwitchRecord(changed(named(NEW)).clients, GOOD.keep_alive, {HOST: 1}, (), 0.0)
    assert measures.arrival(PLAN, there, HOST).everyone_seconds == 0.1
    cells = {cell.case: cell for cell in cells_of(PLAN, there)}
    assert {case: cell.verdict for case, cell in cells.items()} == ALL_PASS
    assert cells["old answers"].observed == "nobody was sent there"


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (GOOD, ""),
        (changed(failing, since=11.0, until=12.0, address=NEW.address), f"new did not serve {HOST}: HTTP 503"),
        (changed(failing, "new", 12.0, 13.0), f"new did not serve {HOST}: HTTP 503"),
        (changed(failing, since=12.0, until=13.0, address=OLD.address), ""),
        (changed(failing, "new", 0.0, BEGAN), ""),
    ],
    ids=["nobody", "by DNS", "directly", "at the old site", "before the first change"],
)
def test_a_target_that_fails_a_client_is_left(record: SwitchRecord, says: str) -> None:
    assert measures.why_leave(PLAN, record, {HOST: Preference("old")}) == says


def test_nobody_is_sent_back_to_a_site_that_serves_no_more() -> None:
    broken = changed(failing, "new", 12.0, 13.0)
    samples = tuple(failing(item) if item.asked == "old" else item for item in broken.clients.samples)
    gone = replace(broken, clients=Record(samples))
    assert measures.why_leave(PLAN, gone, {HOST: Preference("old")}) == ""
    assert measures.why_leave(PLAN, broken, {HOST: Preference("new", 0.5)}) == ""


def options(**changes: Any) -> dict[str, Any]:
    sites = [{"name": s.name, "address": s.address, "cluster_name": s.cluster_name, "region": REGIONS[s.name]}
             for s in (OLD, NEW)]  # fmt: skip
    base = {"cluster": "new", "sites": sites, "hosts": [HOST], "ttl": TTL, "margin": 5.0, "in_a_row": 3,
            "interval": 1.0, "timeout": 3.0, "shares": [0.5, 0.1], "hold": None, "trickle": 0.0}  # fmt: skip
    return {**base, **changes}


def test_each_share_is_held_for_a_ttl_unless_declared() -> None:
    assert (plan_of(options()).hold, plan_of(options(hold=5.0)).hold) == (TTL, 5.0)
    assert plan_of(options()).shares == (0.1, 0.5)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"cluster": "other"}, "cluster: found 'other', expected the name of one of sites: old, new"),
        ({"shares": [0.0]}, "shares: found 0, expected more than 0"),
        ({"shares": [2.0]}, "shares: found 2, expected more than 0 and at most 1"),
        ({"trickle": 0.1}, "trickle: found 0.1, expected 0"),
        ({"hosts": []}, "hosts: expected at least one"),
    ],
)
def test_wrong_options_of_a_switch_over_are_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError, match=says):
        plan_of(options(**changes))
