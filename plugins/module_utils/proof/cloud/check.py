# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``cloud_check``: ask the project's APIs, judge what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.api.settings import settings
from ansible_collections.pingpong.platform.plugins.module_utils.cloud.apply.stack import connect
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.benchmark import BENCHMARK
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import Answers, Promise, Public
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.observe import observe
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts import (
    accounts,
    clusters,
    firewall,
    logs,
    notifications,
    ways_in,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import (
    PROOF,
    Bench,
    parse_exceptions,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    cloud = settings(options["cloud"])
    bench = Bench(options["cluster"], parse_exceptions(options["exceptions"]), datetime.now(UTC).date())
    promise = promised(cloud.project, options)

    def measure() -> Findings:
        client = connect(cloud)
        answers = observe(client, cloud.project, options["registry_locations"])
        live = sum(len(answer.items) for answer in answers.collections.values())
        coverage = {"resources": live, "requests": client.counts.requests}
        return Findings(judge(bench, answers, promise), {"coverage": coverage, "benchmark": BENCHMARK})

    return conclude(PROOF, options, measure)


def judge(bench: Bench, answers: Answers, promise: Promise) -> list[Cell]:
    """All cells of a project. Pure."""
    return [
        cell
        for part in (ways_in, firewall, clusters, notifications, accounts, logs)
        for cell in part.cells(bench, answers, promise)
    ]


def promised(project: str, options: Mapping[str, Any]) -> Promise:
    """What the options declare; an OptionError names what is malformed."""
    for n, text in enumerate(options["trusted_ranges"]):
        try:
            ip_network(text)
        except ValueError as error:
            raise OptionError(f"trusted_ranges[{n}]: found {text!r}, expected a range: {error}") from None
    public = [
        Public(entry["kind"], entry["name"], entry.get("region") or "", tuple(entry.get("ports") or ()))
        for entry in options["public"]
    ]
    return Promise(
        project,
        public,
        options["trusted_ranges"],
        options["clusters"],
        {entry["name"]: entry["roles"] for entry in options["accounts"]},
        options.get("flow_sampling"),
    )
