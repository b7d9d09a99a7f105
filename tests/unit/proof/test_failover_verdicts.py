"""The failover drill's verdicts: each way in which a drill may end, and that none of them passes by accident."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.check import plan_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.measures import first_run, switchover
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import (
    DrillPlan,
    Record,
    Restoration,
    Sample,
    Site,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.objective import Objective, objective_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.outage import lost_seconds
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.runs import Drill, measured, rto_cells
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spans import spans, timelines
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.verdicts import cells_of, preflight

HOST = "test.localdev.me"
ONE, TWO = Site("one", "198.51.100.1", "cluster-one"), Site("two", "198.51.100.2", "cluster-two")
PLAN = DrillPlan(
    hosts=(HOST,),
    primary=ONE,
    standbys=(TWO,),
    objective=Objective(failover_seconds=60, failback_seconds=50, failback_failures=0, noticed=6.0, rto_factor=1.2),
    ttl=30,
    in_a_row=3,
    fault="gateway",
    faulted="Deployment istio-ingress/istio-ingressgateway",
)
BROKEN, MOVED, RESTORED, BACK, END = 10.0, 20.0, 30.0, 40.0, 50.0
TOOK = 0.1


def sample(began: float, asked: str = "", site: Site | None = None, error: str = "", ttl: int = 30) -> Sample:
    return Sample(
        host=HOST,
        began=began,
        ended=began + TOOK,
        asked=asked,
        address=site.address if site else "",
        ttl=None if asked else ttl,
        site="" if error or site is None else site.name,
        error=error,
    )


def good_drill() -> list[Sample]:
    """One sample a second: the primary is away from 10 to 30, DNS names the standby from 20 to 40."""
    found = []
    for second in map(float, range(int(END))):
        away = BROKEN <= second < RESTORED
        named = TWO if MOVED <= second < BACK else ONE
        found += [
            sample(second, "", named, "connection refused" if named is ONE and away else ""),
            sample(second, "one", ONE, "connection refused" if away else ""),
            sample(second, "two", TWO),
        ]
    return found


def good_keep_alive() -> tuple[Sample, ...]:
    """Every other second: lost until DNS names the standby, and served by it to the end."""
    found = []
    for second in map(float, range(0, int(END), 2)):
        where = ONE if second < MOVED else TWO
        found.append(sample(second, "", where, "HTTP 503" if BROKEN <= second < MOVED else ""))
    return tuple(found)


GOOD = Record(
    tuple(good_drill()), BROKEN, RESTORED, Restoration("2 of 2 replicas are ready"), "", good_keep_alive(), {HOST: 2}
)
Change = Callable[[Sample], Sample]


def with_samples(which: Callable[[Sample], bool], to: Change, record: Record = GOOD) -> Record:
    return replace(record, samples=tuple(to(item) if which(item) else item for item in record.samples))


def verdicts(record: Record, plan: DrillPlan = PLAN) -> dict[str, str]:
    return {cell.case: cell.verdict for cell in cells_of(plan, record)}


ALL_PASS = dict.fromkeys(
    [
        "steady state",
        "standby",
        "TTL",
        "break",
        "failover",
        "failback",
        "requests during failback",
        "keep-alive",
        "restored",
    ],
    "pass",
)


def only(asked: str, since: float = 0.0, until: float = END) -> Callable[[Sample], bool]:
    return lambda item: item.asked == asked and since <= item.began < until


def failing(item: Sample) -> Sample:
    return replace(item, site="", error="HTTP 503")


def served_by(site: Site) -> Change:
    return lambda item: replace(item, address=site.address, site=site.name, error="")


def not_there(item: Sample) -> Sample:
    return replace(item, address="", site="", ttl=None, error="DNS: timeout")


def kept_alive(since: float, until: float, to: Change) -> Record:
    found = (to(item) if since <= item.began < until else item for item in GOOD.keep_alive)
    return replace(GOOD, keep_alive=tuple(found))


def not_carried_out(samples: Iterable[Sample]) -> Record:
    return Record(tuple(item for item in samples if item.began < BROKEN))


UNMEASURED = {"failover": "inconclusive", "failback": "inconclusive",
              "requests during failback": "inconclusive", "keep-alive": "inconclusive"}  # fmt: skip
UNSTEADY = {"steady state": "inconclusive", **UNMEASURED}
UNATTENDED = {"standby": "inconclusive", **UNMEASURED}
UNDONE = {"break": "inconclusive", **UNMEASURED}
STUCK = {"failback": "inconclusive", "requests during failback": "inconclusive"}
CASES: list[tuple[str, Record, dict[str, str]]] = [
    ("as it should be", GOOD, {}),
    ("never steady", with_samples(only("", until=BROKEN), failing), UNSTEADY),
    ("steady but for the last moment", with_samples(only("", 9.0, BROKEN), failing), UNSTEADY),
    ("steady after a bad start", with_samples(only("", 0.0, 5.0), failing), {}),
    ("no answer beforehand", with_samples(only("", until=BROKEN), not_there), UNSTEADY),
    ("DNS names the standby beforehand", with_samples(only("", until=BROKEN), served_by(TWO)),
     UNSTEADY),
    ("a standby that does not serve", with_samples(only("two", until=BROKEN), failing), UNATTENDED),
    ("no sample of the standby", replace(GOOD, samples=tuple(s for s in GOOD.samples if s.asked != "two")),
     UNATTENDED),
    ("a break that did not break", with_samples(only("one", BROKEN, RESTORED), served_by(ONE)), UNDONE),
    ("a primary that comes back by itself", with_samples(only("one", 28.0, RESTORED), served_by(ONE)), UNDONE),
    ("DNS never moves", with_samples(only("", MOVED, RESTORED), lambda s: replace(failing(s), address=ONE.address)),
     {"failover": "fail", **STUCK}),
    ("DNS moves, nobody is served", with_samples(only("", MOVED, RESTORED), failing), {"failover": "fail", **STUCK}),
    ("DNS dies", with_samples(only("", BROKEN, RESTORED), not_there), {"failover": "fail", **STUCK}),
    ("the standby's address answers as another cluster",
     with_samples(only("", MOVED, RESTORED), lambda s: replace(s, site="", error="served by cluster-one")),
     {"failover": "fail", **STUCK}),
    ("served twice in a row is not enough", with_samples(only("", MOVED, 28.0), failing),
     {"failover": "fail", **STUCK}),
    ("a TTL too long", with_samples(only(""), lambda s: replace(s, ttl=31)), {"TTL": "fail"}),
    ("never back", with_samples(only("", BACK), served_by(TWO)),
     {"failback": "fail", "requests during failback": "inconclusive"}),
    ("a request lost on the way back", with_samples(only("", 35.0, 36.0), failing),
     {"requests during failback": "fail"}),
    ("not restored", replace(GOOD, restore_error="the API server is gone"), {"restored": "fail"}),
    ("nobody looked", replace(GOOD, restoration=None), {"restored": "fail"}),
    ("something lacks", replace(GOOD, restoration=Restoration("1 changed", "not restored")), {"restored": "fail"}),
    ("no keep-alive client", replace(GOOD, keep_alive=()), {"keep-alive": "inconclusive"}),
    ("a keep-alive client that is never served", kept_alive(MOVED, END, failing), {"keep-alive": "fail"}),
    ("a keep-alive client that is lost again on the way back", kept_alive(RESTORED, 31.0, failing),
     {"keep-alive": "fail"}),
    ("a keep-alive client whose connection the fault does not reach", kept_alive(BROKEN, END, served_by(ONE)),
     {"keep-alive": "inconclusive"}),
    ("a keep-alive client that waits too long",
     kept_alive(MOVED, END, lambda s: replace(s, ended=s.began + 40)), {"keep-alive": "fail"}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "wrong"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_end_of_a_drill_is_told(record: Record, wrong: dict[str, str]) -> None:
    found = verdicts(record)
    assert {case: verdict for case, verdict in found.items() if verdict != (ALL_PASS | wrong)[case]} == {}
    assert found.keys() == ALL_PASS.keys()


def test_an_empty_record_passes_nothing() -> None:
    found = verdicts(Record(()))
    assert set(found.values()) == {"inconclusive"}


def test_a_steady_state_that_came_too_late_says_so() -> None:
    cells = {cell.case: cell for cell in cells_of(PLAN, not_carried_out(GOOD.samples))}
    assert (cells["steady state"].verdict, cells["standby"].verdict) == ("pass", "pass")
    assert {(cells[case].verdict, "too late to begin" in cells[case].reason) for case in UNDONE} == {
        ("inconclusive", True)
    }


@pytest.mark.parametrize(
    ("which", "why"),
    [
        (only(""), "the primary did not serve steadily beforehand"),
        (only("two"), "no standby would have served beforehand"),
    ],
)
def test_what_was_not_tried_says_why(which: Callable[[Sample], bool], why: str) -> None:
    record = not_carried_out(with_samples(which, failing).samples)
    cells = {cell.case: cell for cell in cells_of(PLAN, record)}
    assert [cells[case].verdict for case in UNDONE] == ["inconclusive"] * len(UNDONE)
    assert {cells[case].reason for case in UNDONE} == {why}
    assert "restored" not in cells, "nothing was taken away"
    assert {cell.case for cell in preflight(PLAN, record)} == {"steady state", "standby", "TTL"}


def test_seconds_count_until_a_resolver_has_forgotten_the_old_answer() -> None:
    failover = next(cell for cell in cells_of(PLAN, GOOD) if cell.case == "failover").evidence
    assert failover == {
        "answer_seconds": 10.1,  # second 20, and the time that the sample took
        "served_seconds": 10.1,
        "everyone_seconds": 39.1,  # the last old answer at second 19 is kept for 30 s
        "served": 0,
        "failed": 10,
        "errors": {"connection refused": 10},
    }


@pytest.mark.parametrize(("allowed", "verdict"), [(39.1, "pass"), (39.0, "fail")])
def test_the_objective_is_a_limit(allowed: float, verdict: str) -> None:
    both = replace(PLAN.objective, failover_seconds=allowed, failback_seconds=allowed)
    found = verdicts(GOOD, replace(PLAN, objective=both))
    assert (found["failover"], found["failback"]) == (verdict, verdict)


def test_a_request_that_was_under_way_says_nothing_of_before_and_after() -> None:
    def stretched(item: Sample) -> Sample:
        error = "" if item.asked == "one" and item.began > BROKEN else "reset"
        return replace(item, ended=item.began + 2, error=error, site="" if error else "one")

    under_way = with_samples(lambda item: item.began in (9.0, 29.0) and item.asked != "two", stretched)
    assert verdicts(under_way) == ALL_PASS


def test_declared_losses_are_allowed() -> None:
    lost = with_samples(only("", 35.0, 36.0), failing)
    lenient = replace(PLAN, objective=replace(PLAN.objective, failback_failures=1))
    assert verdicts(lost, lenient)["requests during failback"] == "pass"


def test_an_answer_that_flaps_back_counts() -> None:
    flapping = with_samples(only("", 26.0, 27.0), lambda s: replace(failing(s), address=ONE.address))
    failover = next(cell for cell in cells_of(PLAN, flapping) if cell.case == "failover")
    assert failover.evidence["served_seconds"] == 10.1
    assert failover.evidence["everyone_seconds"] == 46.1


def test_one_host_of_two_falls_short() -> None:
    plan = replace(PLAN, hosts=(HOST, "b"))
    stuck = with_samples(only("", MOVED, RESTORED), failing)
    both = replace(
        GOOD,
        samples=GOOD.samples + tuple(replace(item, host="b") for item in stuck.samples),
        keep_alive=GOOD.keep_alive + tuple(replace(item, host="b") for item in GOOD.keep_alive),
    )
    found = {(cell.target, cell.case): cell.verdict for cell in cells_of(plan, both)}
    assert (found[HOST, "failover"], found["b", "failover"]) == ("pass", "fail")


def test_a_row_is_broken_by_a_failure() -> None:
    wanted = [sample(float(n), "", ONE, "no" if n == 2 else "") for n in range(6)]
    first = first_run(wanted, lambda item: not item.error, 3)
    assert first is wanted[3]
    assert first_run(wanted, lambda item: not item.error, 4) is None


def test_no_samples_are_no_change() -> None:
    found = switchover([], 0.0, [ONE], [TWO], 1)
    assert (found.answer_seconds, found.served_seconds, found.everyone_seconds, found.failed) == (None, None, None, 0)


GIVEN = {"failback_failures": 0, "rto_factor": 1.2}
CHECK = {"interval": 30.0, "timeout": 5.0, "healthy": 3, "unhealthy": 2}


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, (155.0, 185.0)), ({"failover_seconds": 90.0}, (90.0, 185.0)), ({"failback_seconds": 0.0}, (155.0, 0.0))],
)
def test_an_objective_is_computed_where_none_is_declared(given: dict[str, Any], expected: tuple[float, float]) -> None:
    found = objective_of({**GIVEN, **given}, CHECK, ttl=30, margin=60.0)
    assert (found.failover_seconds, found.failback_seconds) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, (96.5, 99.5)), ({"failover_seconds": 120.0}, (61.5, 99.5)), ({"failback_seconds": 100.0}, (96.5, 14.5))],
)
def test_an_objective_is_on_the_clock_that_health_checks_run_by(
    given: dict[str, Any], expected: tuple[float, float]
) -> None:
    found = objective_of({**GIVEN, **given}, {**CHECK, "time_factor": 0.1}, ttl=30, margin=60.0)
    assert (found.failover_seconds, found.failback_seconds) == expected


def test_what_is_measured_and_what_is_promised_are_seconds_of_one_clock() -> None:
    """39 s of a clock whose health checks run ten times as fast say nothing beside 155 s of another."""
    scaled = objective_of(GIVEN, {**CHECK, "time_factor": 0.1}, ttl=30, margin=60.0)
    cells = {cell.case: cell for cell in cells_of(replace(PLAN, objective=scaled), GOOD)}
    assert cells["failover"].expected == (
        "everyone served by a standby within 96.5 s, with health checks at 0.1 of their interval (155 s at 1)"
    )
    assert (cells["failover"].observed, cells["failover"].evidence["time_factor"]) == ("39.1 s", 0.1)
    late = with_samples(lambda item: not item.asked and item.began < RESTORED, lambda item: replace(item, ttl=110))
    found = {cell.case: cell for cell in cells_of(replace(PLAN, objective=scaled, ttl=110), late)}
    assert found["failover"].observed == "119.1 s" and found["failover"].verdict == "fail"
    real = objective_of(GIVEN, CHECK, ttl=30, margin=60.0)
    assert verdicts(late, replace(PLAN, objective=real, ttl=110))["failover"] == "pass"


def options(**changes: Any) -> dict[str, Any]:
    sites = [{"name": s.name, "address": s.address, "cluster_name": s.cluster_name} for s in (ONE, TWO)]
    base = {"cluster": "one", "sites": sites, "hosts": [HOST], "objective": GIVEN, "ttl": 30,
            "health_check": CHECK, "margin": 0.0, "in_a_row": 3, "interval": 1.0, "timeout": 3.0,
            "faults": ["gateway"], "runs": 1}  # fmt: skip
    return {**base, **changes}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"cluster": "three"}, "cluster: found 'three', expected the name of one of sites: one, two"),
        ({"sites": options()["sites"][:1]}, "sites: expected at least two"),
        ({"sites": [{**site, "address": "198.51.100.1"} for site in options()["sites"]]}, "an address of its own"),
        ({"sites": [{**site, "name": "one"} for site in options()["sites"]]}, "a name of its own"),
        ({"sites": [{**site, "cluster_name": "x"} for site in options()["sites"]]}, "a cluster_name of its own"),
        ({"hosts": []}, "hosts: expected at least one"),
        ({"runs": 0}, "runs, faults: found 0 of"),
        ({"faults": []}, "expected at least one"),
        ({"in_a_row": 0}, "in_a_row: found 0, expected more than 0"),
        ({"interval": 0.0}, "interval: found 0, expected more than 0"),
        ({"health_check": {**CHECK, "time_factor": 0.0}}, "time_factor: found 0, expected more than 0"),
        (
            {
                "health_check": {**CHECK, "time_factor": 0.1},
                "objective": {**GIVEN, "failover_seconds": 50},
            },
            "objective: found fewer seconds than health checks take",
        ),
    ],
)
def test_wrong_options_are_named(changes: dict[str, Any], says: str) -> None:
    assert plan_of(options()).standbys == (TWO,)
    with pytest.raises(OptionError, match=says):
        plan_of(options(**changes))


def test_the_timeline_shows_what_clients_met() -> None:
    (found,) = timelines(PLAN, GOOD)
    rows = {row["name"]: row["spans"] for row in found["rows"]}
    assert [(s["state"], s["since"], s["until"]) for s in rows["DNS answer"]] == [
        ("good", 0.0, 20.0), ("other", 20.0, 40.0), ("good", 40.0, 49.1),
    ]  # fmt: skip
    assert [s["state"] for s in rows["clients"]] == ["good", "bad", "other", "good"]
    assert [s["state"] for s in rows["one, directly"]] == ["good", "bad", "good"]
    assert [s["state"] for s in rows["two, directly"]] == ["other"]
    assert [(mark["at"], mark["label"]) for mark in found["marks"]] == [
        (10.0, "out of service"), (20.1, "served again"), (30.0, "restored"), (40.1, "returned"),
    ]  # fmt: skip


def test_a_timeline_of_nothing_is_empty() -> None:
    assert spans([], lambda _unused: ("good", ""), 0.0) == []
    assert timelines(PLAN, Record(()))[0]["marks"] == []


# --- the RTO, over several runs ---

LIMIT = 43.2  # 1.2 times 6 s until health checks notice and 30 s of TTL


def later(seconds: float) -> Record:
    """The same drill, whose answers changed by so much later."""
    return with_samples(only("", MOVED, MOVED + seconds), lambda item: replace(failing(item), address=ONE.address))


def rto(*records: Record, plan: DrillPlan = PLAN) -> Cell:
    (cell,) = rto_cells([Drill(replace(plan, run=number), record) for number, record in enumerate(records, 1)])
    return cell


@pytest.mark.parametrize(
    ("records", "verdict", "observed"),
    [
        ((GOOD,), "pass", "39.1 s"),
        ((GOOD, later(2.0), later(3.0)), "pass", "worst 42.1 s, median 41.1 s of 3 runs"),
        ((GOOD, later(5.0)), "fail", "worst 44.1 s, median 41.6 s of 2 runs"),
        ((GOOD, with_samples(only("", MOVED, RESTORED), failing)), "fail", "never served"),
        ((GOOD, with_samples(only("one", BROKEN, RESTORED), served_by(ONE))), "inconclusive", "39.1 s"),
        ((later(5.0), not_carried_out(GOOD.samples)), "fail", "44.1 s"),
        ((not_carried_out(GOOD.samples),), "inconclusive", "not measured"),
    ],
    ids=["one", "worst and median", "the worst is too long", "never served", "did not break", "fail wins", "not tried"],
)
def test_the_worst_run_decides_on_the_rto(records: tuple[Record, ...], verdict: str, observed: str) -> None:
    cell = rto(*records)
    assert (cell.verdict, cell.observed, cell.source, cell.target) == (verdict, observed, "gateway", HOST)
    assert cell.expected == "43.2 s at most, 1.2 times the floor of 36 s"


def test_the_rto_counts_from_the_first_lost_request() -> None:
    """A load balancer serves on until its health checks have failed: nobody waits for that."""
    graceful = with_samples(lambda item: BROKEN <= item.began < 14.0 and item.asked != "two", served_by(ONE))
    (found,) = measured([Drill(PLAN, graceful)])
    assert (found["lost_seconds"], found["rto_seconds"]) == (4.0, 35.1)
    assert found["failover"]["everyone_seconds"] == 39.1
    assert lost_seconds(PLAN, Record(GOOD.samples), HOST) is None


def test_the_floor_has_the_ttl_that_answers_have() -> None:
    shorter = with_samples(only(""), lambda item: replace(item, ttl=5))
    (found,) = measured([Drill(PLAN, shorter)])
    assert found["floor_seconds"] == 11.0
    assert rto(shorter).verdict == "fail", "14.1 s, where health checks and TTL explain 11"
    assert rto(shorter, plan=replace(PLAN, objective=replace(PLAN.objective, rto_factor=1.3))).verdict == "pass"


def test_each_fault_has_an_rto_of_its_own_and_its_name_in_cells() -> None:
    drills = [Drill(replace(PLAN, fault=fault, run=run), GOOD) for fault in ("gateway", "isolated") for run in (1, 2)]
    assert [(cell.source, cell.verdict) for cell in rto_cells(drills)] == [("gateway", "pass"), ("isolated", "pass")]
    assert {cell.source for cell in cells_of(*drills[3])} == {"isolated, run 2"}
    assert [found["host"] for found in timelines(*drills[3])] == [f"{HOST}: isolated, run 2"]
    assert {cell.source for cell in preflight(replace(PLAN, fault=""), GOOD)} == {"controller"}
