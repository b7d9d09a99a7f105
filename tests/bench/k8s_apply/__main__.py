"""``python -m tests.bench.k8s_apply``: what 100 objects cost, first and again, all contenders in one run; and growth.

Everything talks to the same real API server through a proxy that counts, once without delay and once with 20 ms
more a request, as over a network. CPU seconds are the contender's own, whatever else the machine does; of those in
process they include the proxy's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / ".collections")]

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient  # noqa: E402
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run  # noqa: E402

from tests.bench.k8s_apply.contenders import NAMESPACE, Contender, contenders, objects  # noqa: E402
from tests.support.apiserver import program, running  # noqa: E402
from tests.support.faults import Proxy  # noqa: E402
from tests.support.layers import with_defaults  # noqa: E402

DELAYS = (0.0, 0.020)


def measure(contender: Contender, proxy: Proxy, repeat: int) -> dict[str, Any]:
    """The first apply; requests of a no-op, and the least of ``repeat`` times for each delay and of CPU times."""
    started = time.perf_counter()
    contender()
    first = time.perf_counter() - started
    proxy.seen = []
    changed = contender()
    figures: dict[str, Any] = {"first": first, "requests": len(proxy.seen), "changed": changed}
    burnt: list[float] = []
    for delay in DELAYS:
        proxy.delay = delay
        times = []
        for _turn in range(repeat):
            started, before = time.perf_counter(), os.times()
            contender()
            times.append(time.perf_counter() - started)
            burnt.append(sum(os.times()[2:4]) - sum(before[2:4]) or sum(os.times()[:2]) - sum(before[:2]))
        figures[f"+{delay * 1000:.0f} ms"] = min(times)
    proxy.delay = 0.0
    figures["CPU"] = min(burnt)
    return figures


def table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures as lines."""
    columns = ["first", *(f"+{delay * 1000:.0f} ms" for delay in DELAYS), "CPU"]
    lines = [f"{'no-op of 100 objects':40} {'requests':>9} " + " ".join(f"{column:>10}" for column in columns)]
    for name, row in figures.items():
        times = " ".join(f"{row[column]:>8.3f} s" for column in columns)
        lines.append(f"{name:40} {row['requests']:>9} {times}" + ("  (says changed)" if row["changed"] else ""))
    return "\n".join(lines)


def ratios(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """How many times faster than kubectl ours are, where both were measured."""
    theirs = figures.get("kubectl apply --server-side")
    if theirs is None:
        return []
    columns = ("first", *(f"+{delay * 1000:.0f} ms" for delay in DELAYS))
    return [
        f"kubectl / {name}: " + ", ".join(f"{column} {theirs[column] / row[column]:.2f}" for column in columns)
        for name, row in figures.items()
        if name.startswith("k8s_apply")
    ]


def growth(connection: Mapping[str, Any], sizes: Iterable[int]) -> list[str]:
    """Seconds of the first apply and of a no-op, in process, by the number of objects."""
    lines = [f"{'k8s_apply, in process, objects':40} {'first':>9} {'no-op':>11}"]
    for size in sizes:
        options = with_defaults(
            {
                "connection": dict(connection),
                "environment_name": "bench",
                "layer": f"growth-{size}",
                "objects": objects(f"growth-{size}", size // 5),
                "wait": False,
            }
        )
        times = []
        for _turn in range(2):
            started = time.perf_counter()
            run(options, check_mode=False, want_diff=False)
            times.append(time.perf_counter() - started)
        lines.append(f"{size:>40} {times[0]:>7.3f} s {times[1]:>9.3f} s")
    return lines


def main() -> int:
    """Measure and print; with ``--json`` also write the figures to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the fastest counts")
    parser.add_argument("--only", default="", help="only the contenders whose names hold this text")
    parser.add_argument("--growth", default="100,1000,5000", help="numbers of objects to grow to")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    bundle = program()
    if bundle is None:
        print("the Kubernetes programs are not built: python -m testbed images", file=sys.stderr)
        return 1
    figures: dict[str, dict[str, Any]] = {}
    with (
        running(bundle) as server,
        Proxy(server.endpoint, server.ca_certificate, server.certificate).running() as proxy,
        tempfile.TemporaryDirectory() as folder,
    ):
        client = ClusterClient.from_connection(server.connection)
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        for name, contender in contenders(server, proxy.endpoint, Path(folder)).items():
            if options.only not in name:
                continue
            figures[name] = measure(contender, proxy, options.repeat)
        print(table(figures), *ratios(figures), sep="\n", flush=True)
        print(*growth(server.connection, map(int, filter(None, options.growth.split(",")))), sep="\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
