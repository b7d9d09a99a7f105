# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``dashboard_check``: ask the live Prometheus what each panel asks, and move its counters."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell, Judgement
from ansible_collections.pingpong.platform.plugins.module_utils.proof.dashboard.panels import (
    Query,
    Reply,
    judge_movement,
    judge_panel,
    panels,
    queries,
    reply_from,
    series_from,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.network_policy.selectors import matches
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.probes.pods import Prober
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import mesh_pods

PROOF = "metrics"
ASKED = "Prometheus"
WORKERS = 4
PAUSE = 2.0
# Points that a panel's picture has at the most.
POINTS = 60


class Prometheus:
    """The HTTP API of a Prometheus behind a Service, reached through the API server."""

    def __init__(self, client: ClusterClient, service: Mapping[str, Any]) -> None:
        self.client = client
        target = quote(f"http:{service['name']}:{service['port']}", safe=":")
        self.path = f"/api/v1/namespaces/{service['namespace']}/services/{target}/proxy{service['path'].rstrip('/')}"

    def ask(self, expression: str) -> Reply:
        """The answer to an instant query; what keeps it from coming is an error in the reply."""
        try:
            return reply_from(self.client.request("GET", f"{self.path}/api/v1/query?query={quote(expression)}"))
        except PlatformError as error:
            return Reply(error=error.message)

    def series(self, query: Query, seconds: float) -> list[dict[str, Any]]:
        """What the query gave in the last seconds; nothing where it can't be asked, which its cell says."""
        until = time.time()
        asked = {
            "query": query.expression, "start": f"{until - seconds:.3f}", "end": f"{until:.3f}",
            "step": f"{seconds / POINTS:.3f}",
        }  # fmt: skip
        try:
            answer = self.client.request("GET", f"{self.path}/api/v1/query_range?{urlencode(asked)}")
        except PlatformError:
            return []
        return series_from(answer, query.legend)


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    asked = [
        query for number, file in enumerate(options["dashboards"]) for query in _read(f"dashboards[{number}]", file)
    ]
    for number, entry in enumerate(options["movements"]):
        _check_movement(f"movements[{number}]", entry)
    prober = Prober(ClusterClient.from_connection(options["connection"]), options)
    return conclude(PROOF, options, lambda: measure(prober, options, asked))


def _read(where: str, file: str) -> list[Query]:
    try:
        found = json.loads(Path(file).read_text())
    except OSError as error:
        raise OptionError(f"{where}: cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise OptionError(f"{where}: {file} is not JSON: {error}") from None
    asked = queries(found) if isinstance(found, dict) else []
    if not asked:
        raise OptionError(f"{where}: {file} holds no panel with a query")
    return asked


def _check_movement(where: str, entry: Mapping[str, Any]) -> None:
    """Where nothing is called, or no rise is asked for, a counter that stands still would pass."""
    for key in ("calls", "at_least"):
        if entry[key] is not None and entry[key] <= 0:
            raise OptionError(f"{where}.{key}: found {entry[key]:g}, expected more than 0")


def measure(prober: Prober, options: Mapping[str, Any], asked: Sequence[Query]) -> Findings:
    """Movements first: they give the panels something to show."""
    # Its own client: what a proxy answers for a Service without pods must not be asked again and again.
    reader = ClusterClient.from_connection(options["connection"], retry=Retry(attempts=1))
    prometheus = Prometheus(reader, options["prometheus"])
    cluster, settle = options["cluster"], float(options["settle_timeout"])
    if (error := prometheus.ask("vector(1)").error) is not None:
        raise PlatformError(f"Prometheus does not answer: {error}")
    cells = [_movement(prober, prometheus, cluster, entry, settle) for entry in options["movements"]]
    deadline = time.monotonic() + settle

    def ask(query: Query) -> Judgement:
        while True:
            judgement = judge_panel(prometheus.ask(query.expression))
            if judgement.verdict == "pass" or time.monotonic() > deadline:
                return judgement
            time.sleep(PAUSE)

    with ThreadPoolExecutor(WORKERS) as pool:
        judgements = list(pool.map(ask, asked))
        drawn = list(pool.map(lambda query: prometheus.series(query, options["history"]), asked))
    cells += [
        judgement.cell(PROOF, cluster, ASKED, f"{query.dashboard}: {query.panel}", query.expression, "data")
        for query, judgement in zip(asked, judgements, strict=True)
    ]
    facts = {
        "coverage": {"queries": len(asked), "movements": len(options["movements"])},
        "panels": panels(asked, drawn),
    }
    return Findings(cells, facts)


def _movement(prober: Prober, prometheus: Prometheus, cluster: str, entry: Mapping[str, Any], settle: float) -> Cell:
    """Make calls from a live pod and wait for the counter that must rise."""
    before = prometheus.ask(entry["query"])
    calls, answered = int(entry["calls"]), 0
    at_least = float(entry["at_least"] if entry["at_least"] is not None else calls)
    place = (PROOF, cluster, ASKED, entry["name"], entry["query"], f"rises by {at_least:g}")
    try:
        answered = _call(prober, entry, calls)
    except PlatformError as error:
        return Judgement("inconclusive", "no calls", error.message).cell(*place)
    deadline = time.monotonic() + settle
    while True:
        judgement = judge_movement(before, prometheus.ask(entry["query"]), at_least, calls, answered)
        if judgement.verdict != "fail" or time.monotonic() > deadline:
            return judgement.cell(*place)
        time.sleep(PAUSE)


def _call(prober: Prober, entry: Mapping[str, Any], calls: int) -> int:
    """How many calls were answered; they come from a pod with the given labels, through its sidecar."""
    pods = mesh_pods(prober.client.list("v1", "Pod", entry["namespace"]))
    chosen = [pod for pod in pods if pod.ready and matches({"matchLabels": entry["labels"]}, pod.labels)]
    if not chosen:
        raise PlatformError(f"no ready pod in {entry['namespace']} carries {entry['labels']}")
    url = urlsplit(entry["url"])
    request = {"method": entry["method"], "path": url.path or "/", "host": url.netloc}
    probe = {"host": url.hostname, "port": url.port or 80, "tls": None, "request": request, "nonce": ""}
    where = {"metadata": {"namespace": entry["namespace"], "name": chosen[0].name}}
    results = prober.run(where, [{**probe, "id": str(n)} for n in range(calls)], container=chosen[0].container)
    return sum(1 for result in results["results"] if result["status"] is not None)
