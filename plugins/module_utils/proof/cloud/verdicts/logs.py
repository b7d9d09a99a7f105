# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Flow logs of every subnetwork that machines are in. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import (
    Answers,
    Live,
    Promise,
    place_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import Bench

CASE = "flow logs"
# Only these have flow logs; the others are for Google's own proxies: https://cloud.google.com/vpc/docs/using-flow-logs
_LOGGED = (None, "", "PRIVATE", "PRIVATE_RFC_1918")


def cells(bench: Bench, answers: Answers, promise: Promise) -> Iterator[Cell]:
    """A cell for each subnetwork; none where no flow log was promised."""
    answer, promised = answers.of("subnetworks"), promise.flow_sampling
    if promised is None:
        return
    expected = f"at least {promised:g} of the flows"
    if answer.unread:
        yield bench.unread(answer, "subnetworks", CASE, expected)
        return
    for live in answer.items:
        if live.get("purpose") not in _LOGGED:
            continue
        sampling = _sampling(live)
        observed = f"{sampling:g} of the flows" if sampling else "none"
        why = "who spoke to whom leaves no trace"
        yield bench.holds(sampling >= promised, observed, f"subnetwork {place_of(live)}", CASE, expected, why)


def _sampling(live: Live) -> float:
    if not (get(live, "logConfig.enable") or live.get("enableFlowLogs")):
        return 0.0
    sampling = get(live, "logConfig.flowSampling")
    # What Google samples where nothing else is said.
    return 0.5 if sampling is None else float(sampling)
