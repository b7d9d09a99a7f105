"""``python -m tests.bench.clusters``: seconds of a play that applies a layer in each of so many clusters.

The clusters' API servers are simulated: each cluster is a namespace of one real API server, entered through a proxy of
its own that is 20 ms away. An empty play over the same hosts is measured beside each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / ".collections")]

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient  # noqa: E402

from tests.bench.timing import Run, least, timed  # noqa: E402
from tests.support.apiserver import ApiServer, program, running  # noqa: E402
from tests.support.faults import Proxy  # noqa: E402
from tests.support.layers import of_five_kinds  # noqa: E402

DELAY = 0.020
MODULE = "pingpong.platform.k8s_apply"


def main() -> int:
    """Measure and print; 1 when the Kubernetes programs are not built."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.clusters", description=__doc__)
    parser.add_argument("--clusters", default="1,10,50", help="numbers of clusters (%(default)s)")
    parser.add_argument("--forks", type=int, default=10, help="clusters at once (%(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the least counts (%(default)s)")
    options = parser.parse_args()
    bundle = program()
    if bundle is None:
        print("the Kubernetes programs are not built: python -m testbed images", file=sys.stderr)
        return 1
    print(
        f"{'20 objects a cluster':>20} {'empty play':>11} {'first':>9} {'no-op':>9} {'no-op, less the empty play':>27}"
    )
    with running(bundle) as server, ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        counts = [int(count) for count in options.clusters.split(",")]
        endpoints = [_cluster(stack, server, number) for number in range(max(counts))]
        for count in counts:
            connections = [server.connection | {"endpoint": endpoint} for endpoint in endpoints[:count]]
            empty, first, again = _measure(Path(folder), connections, options.forks, options.repeat)
            over = again.wall - empty.wall
            each = f"{over:.2f} s, {over / count:.3f} s each{'  (says changed)' if again.changed else ''}"
            print(f"{count:>20} {empty.wall:>9.2f} s {first.wall:>7.2f} s {again.wall:>7.2f} s {each:>27}", flush=True)
    return 0


def _cluster(stack: ExitStack, server: ApiServer, number: int) -> str:
    """The endpoint of one more cluster, which has its namespace."""
    proxy = stack.enter_context(Proxy(server.endpoint, server.ca_certificate, server.certificate).running())
    proxy.delay = DELAY
    client = ClusterClient.from_connection(server.connection)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"cluster-{number}"}})
    return proxy.endpoint


def _measure(folder: Path, connections: list[dict[str, str]], forks: int, repeat: int) -> tuple[Run, Run, Run]:
    """An empty play, the first apply and a no-op in this many clusters."""
    count = len(connections)
    hosts = {f"cluster-{number}": {"cluster_connection": found} for number, found in enumerate(connections)}
    inventory = folder / f"{count}.yml"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}))
    objects = of_five_kinds(4)
    for item in objects:
        item["metadata"]["name"] += f"-{count}"
    layer = {
        "connection": "{{ cluster_connection }}",
        "environment_name": "bench",
        # Of its own: the clusters have one API server, and so one lock for each layer.
        "layer": f"bench-{count}-{{{{ inventory_hostname }}}}",
        "namespace": "{{ inventory_hostname }}",
        "objects": objects,
        "wait": False,
    }

    def run(name: str, *tasks: dict[str, Any]) -> Run:
        book = folder / f"{name}.json"
        book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]))
        return timed("-i", str(inventory), "--forks", str(forks), str(book))

    empty = least(*(run("empty") for _turn in range(repeat)))
    first = run("apply", {MODULE: layer})
    return empty, first, least(*(run("apply", {MODULE: layer}) for _turn in range(repeat)))


if __name__ == "__main__":
    sys.exit(main())
