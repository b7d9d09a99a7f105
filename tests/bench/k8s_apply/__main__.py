"""``python -m tests.bench.k8s_apply``: seconds and requests of a no-op of 100 objects, all contenders in one run.

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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / ".collections")]

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient  # noqa: E402

from tests.bench.k8s_apply.contenders import NAMESPACE, Contender, contenders  # noqa: E402
from tests.support.apiserver import program, running  # noqa: E402
from tests.support.faults import Proxy  # noqa: E402

DELAYS = (0.0, 0.020)


def measure(contender: Contender, proxy: Proxy, repeat: int) -> dict[str, Any]:
    """Requests of one no-op, and the least of ``repeat`` times for each delay; the least CPU time of all runs."""
    contender()
    proxy.seen = []
    changed = contender()
    figures: dict[str, Any] = {"requests": len(proxy.seen), "changed": changed}
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
    columns = [*(f"+{delay * 1000:.0f} ms" for delay in DELAYS), "CPU"]
    lines = [f"{'no-op of 100 objects':40} {'requests':>9} " + " ".join(f"{column:>10}" for column in columns)]
    for name, row in figures.items():
        times = " ".join(f"{row[column]:>8.3f} s" for column in columns)
        lines.append(f"{name:40} {row['requests']:>9} {times}" + ("  (says changed)" if row["changed"] else ""))
    return "\n".join(lines)


def main() -> int:
    """Measure and print; with ``--json`` also write the figures to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the fastest counts")
    parser.add_argument("--only", default="", help="only the contenders whose names hold this text")
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
    print(table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
