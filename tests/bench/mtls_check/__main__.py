"""``python -m tests.bench.mtls_check``: seconds of ``mtls_check`` over five workloads, which are 20 pairs.

The platform must stand (``make site``). The yardstick is what a runbook does: a ``kubectl exec`` an attempt, with a
request that looks at one answer. A few of those are timed and taken times the number of attempts; they read no
counter and have no control, so that the comparison flatters them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / ".collections")]

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient  # noqa: E402

from tests.support.meshed import authorization, make_namespace, mtls_check, workload  # noqa: E402

STATE = Path(os.environ.get("PINGPONG_STATE") or ROOT / ".local")
KUBECONFIG = STATE / "clusters" / "pingpong-local-primary" / "kubeconfig"
MESHED, OUTSIDE = "bench-meshed", "bench-outside"
NAMES = ("a", "b", "c", "d", "e")
PAIRS = len(NAMES) * (len(NAMES) - 1)
READY_SECONDS = 240.0
Object = dict[str, Any]


def main() -> int:
    """Print the figures; 0 when every pair was measured and every cell passed, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mtls_check", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--execs", type=int, default=10, help="of kubectl, that are timed")
    options = parser.parse_args()
    if not KUBECONFIG.exists():
        print("mtls_check is measured on the platform: make site", file=sys.stderr)
        return 2
    client = ClusterClient.from_connection({"kubeconfig": str(KUBECONFIG)})
    image: str = json.loads((STATE / "images.json").read_text())["ping"]
    with workloads(client, image):
        seconds, result = [], {}
        for _turn in range(options.rounds):
            begin = time.perf_counter()
            result = check(image)
            seconds.append(time.perf_counter() - begin)
        by_hand = statistics.median(one_exec() for _turn in range(options.execs))
    report(result, statistics.median(seconds), by_hand)
    return 0 if not result["short_of"] and result["coverage"]["pairs"]["probed"] == PAIRS else 1


def report(result: Object, seconds: float, by_hand: float) -> None:
    coverage, cells = result["coverage"], result["cells"]
    pairs, attempts = coverage["pairs"], coverage["probes"]
    cases = {cell["case"] for cell in cells if cell["source"]}
    print(f"{pairs['probed']} pairs of {pairs['total']}, {len(cases)} cases, {len(cells)} cells, {attempts} attempts")
    print(f"mtls_check          {seconds:8.1f} s {1000 * seconds / attempts:8.0f} ms an attempt")
    print(f"kubectl exec, each  {by_hand * attempts:8.1f} s {1000 * by_hand:8.0f} ms an attempt")
    print(f"ratio               {by_hand * attempts / seconds:8.0f} x")


def check(image: str) -> Object:
    """``mtls_check`` over the workloads, without failing."""
    options = {"environment_name": "bench", "probe_namespace": OUTSIDE}
    return mtls_check({"kubeconfig": str(KUBECONFIG)}, "primary", image, [MESHED], **options)


def one_exec() -> float:
    """Seconds of one request from one workload to another, by kubectl."""
    program = f"import urllib.request as r; print(r.urlopen('http://b.{MESHED}/whoami', timeout=5).read())"
    begin = time.perf_counter()
    subprocess.run(
        [STATE / "bin" / "kubectl", f"--kubeconfig={KUBECONFIG}", f"--namespace={MESHED}", "exec", "deploy/a",
         "--container=ping", "--", "python3", "-c", program],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return time.perf_counter() - begin


@contextmanager
def workloads(client: ClusterClient, image: str) -> Iterator[None]:
    """Five Deployments with their Services in a STRICT namespace, and one outside the mesh to call from."""
    strict = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
              "metadata": {"name": "default", "namespace": MESHED}, "spec": {"mtls": {"mode": "STRICT"}}}  # fmt: skip
    try:
        for name in (MESHED, OUTSIDE):
            make_namespace(client, name, meshed=name == MESHED)
        for obj in (strict, authorization(MESHED), *(obj for name in NAMES for obj in workload(name, MESHED, image))):
            client.apply(obj, force=True)
        wait(client)
        yield
    finally:
        for name in (MESHED, OUTSIDE):
            client.delete("v1", "Namespace", name)


def wait(client: ClusterClient) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        found = client.list("apps/v1", "Deployment", MESHED)
        if sum((obj.get("status") or {}).get("readyReplicas") or 0 for obj in found) == len(NAMES):
            return
        time.sleep(1)
    raise SystemExit(f"the workloads were not ready within {READY_SECONDS:g} s")


if __name__ == "__main__":
    sys.exit(main())
