"""``python -m tests.bench.service``: requests per CPU-second of the ping service and of Go's net/http.

Rounds take turns, so that what else the machine does falls on all alike; the median of the rounds counts. CPU
time is the server's own, from the kernel's accounts: what the load generator takes does not matter.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from testbed.host import HostError, ensure_packages
from tests.bench.service.contenders import BenchError, Contender, contenders

_TICKS = os.sysconf("SC_CLK_TCK")
_WARM_UP_SECONDS = 1
# the load generator's arguments beside its address: the service parses a request that repeats itself only once
LOADS = {
    "the same request again and again": (),
    "every request of its own": ("--script", str(Path(__file__).with_name("varied.lua"))),
}


@dataclass(frozen=True)
class Row:
    """What one contender came to; ``ratio`` is ours against it."""

    name: str
    requests_per_cpu_second: int
    ratio: float


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def load(port: int, seconds: int, connections: int, script: Sequence[str] = ()) -> int:
    """Send for ``seconds``; how many requests were answered. Raises ``BenchError`` for any that was not."""
    wrk = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", *script]
    ended = subprocess.run(
        [*wrk, f"http://127.0.0.1:{port}/ping"], capture_output=True, text=True, check=False, timeout=seconds + 30
    )
    found = re.search(r"(\d+) requests in ", ended.stdout)
    if ended.returncode or found is None or "Non-2xx" in ended.stdout or "Socket errors" in ended.stdout:
        raise BenchError(f"wrk: {ended.stdout}{ended.stderr}")
    return int(found[1])


def measure(contender: Contender, seconds: int, connections: int, script: Sequence[str]) -> float:
    """Requests per CPU-second of one round."""
    with contender.running() as (pid, port):
        load(port, _WARM_UP_SECONDS, connections, script)
        before = cpu_seconds(pid)
        answered = load(port, seconds, connections, script)
        return answered / (cpu_seconds(pid) - before)


def compare(seconds: int, connections: int, rounds: int, script: Sequence[str]) -> list[tuple[str, list[float]]]:
    """Each contender's rounds, in the order of ``contenders``."""
    field = contenders()
    results: list[tuple[str, list[float]]] = [(contender.name, []) for contender in field]
    for _turn in range(rounds):
        for contender, (_unused, found) in zip(field, results, strict=True):
            found.append(measure(contender, seconds, connections, script))
    return results


def table(results: list[tuple[str, list[float]]]) -> list[Row]:
    """Print a row a contender, the median of its rounds beside the range; the same rows as data."""
    print(f"{'':30} {'requests per CPU-second':>24} {'range':>20} {'ours against it':>16}")
    ours = statistics.median(results[0][1])
    rows: list[Row] = []
    for name, rounds in results:
        median = statistics.median(rounds)
        rows.append(Row(name, round(median), round(ours / median, 2)))
        spread = f"{min(rounds):,.0f} to {max(rounds):,.0f}"
        print(f"{name:30} {median:24,.0f} {spread:>20} {ours / median:16.2f}", flush=True)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table a load with ratios, of which none is judged: what else the machine does moves them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.service", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of load a round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args(arguments)
    rows: dict[str, list[Row]] = {}
    try:
        if shutil.which("wrk") is None:
            ensure_packages(["wrk"])
        for name, script in LOADS.items():
            results = compare(options.seconds, options.connections, options.rounds, script)
            effort = f"{options.connections} connections, {options.rounds} rounds of {options.seconds} s"
            print(f"\nGET /ping, {name}: {effort}", flush=True)
            rows[name] = table(results)
    except (BenchError, HostError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(
            json.dumps({load: [asdict(row) for row in found] for load, found in rows.items()}, indent=2) + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
