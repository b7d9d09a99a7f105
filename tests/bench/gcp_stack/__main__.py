"""``python -m tests.bench.gcp_stack``: seconds and requests of a no-op of 20 resources, both in one run.

Both are whole ``ansible-playbook`` runs against the same local cloud; an empty play is measured beside them and taken
off, in seconds on the clock and in CPU seconds (which a busy machine distorts less). Where ours drowns in the empty
play's own noise, no ratio is printed.

The peers' modules reach the cloud through its CONNECT proxy, by Google's own host names.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from testbed.cloud.testing import PROJECT, RunningCloud, running_cloud
from tests.bench.gcp_stack.plays import peer, stack
from tests.bench.timing import Run, least, timed


def play(folder: Path, name: str, tasks: list[dict[str, Any]], environment: dict[str, str]) -> Run:
    """One run of a play of these tasks on this machine."""
    book = folder / f"{name}.yml"
    book.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    interpreter = ("-e", f"ansible_python_interpreter={sys.executable}")
    return timed("-i", "localhost,", str(book), *interpreter, environment={**os.environ, **environment})


def measure(
    cloud: RunningCloud, folder: Path, name: str, tasks: list[dict[str, Any]], environment: dict[str, str], repeat: int
) -> dict[str, Any]:
    """The least time of a no-op, after a run that made what was missing."""
    play(folder, name, tasks, environment)
    runs = []
    for _turn in range(repeat):
        cloud.admin("DELETE", "requests")
        runs.append(play(folder, name, tasks, environment))
    return {**asdict(least(*runs)), "requests": len(cloud.admin("GET", "requests")["requests"])}


def ratio(empty: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], clock: str) -> float | None:
    """How many times less ours takes once the empty play is taken off; None when it drowns in noise."""
    net = ours[clock] - empty[clock]
    return (theirs[clock] - empty[clock]) / net if net > 0.02 * empty[clock] else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gcp_stack", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the least counts (%(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        running_cloud(Path(name) / "cloud", settings={"strict_services": False}) as cloud,
    ):
        folder = Path(name)
        options = {
            "project": PROJECT,
            "endpoint": f"https://127.0.0.1:{cloud.port}/{{service}}",
            "ca_file": str(cloud.ca_file),
            "auth": {"kind": "access_token", "token": cloud.token},
        }
        through = {"HTTPS_PROXY": cloud.proxy, "REQUESTS_CA_BUNDLE": str(cloud.ca_file), "no_proxy": "", "NO_PROXY": ""}
        empty = measure(cloud, folder, "empty", [], {}, arguments.repeat)
        ours = measure(cloud, folder, "gcp_stack", stack(options), {}, arguments.repeat)
        theirs = measure(cloud, folder, "google.cloud", peer(PROJECT, cloud.token), through, arguments.repeat)
    print(f"{'no-op of 20 resources':24}{'requests':>9}{'changed':>9}{'wall s':>9}{'CPU s':>9}")
    for label, row in (("empty play", empty), ("gcp_stack", ours), ("google.cloud", theirs)):
        print(f"{label:24}{row['requests']:9}{row['changed']:9}{row['wall']:9.2f}{row['cpu']:9.2f}")
    ratios = {clock: ratio(empty, ours, theirs, clock) for clock in ("wall", "cpu")}
    for clock, times in ratios.items():
        text = f"{times:.0f} times less" if times else "lost in an empty play's noise: repeat on a quieter machine"
        print(f"gcp_stack, {clock} less the empty play: {text}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"empty": empty, "gcp_stack": ours, "google.cloud": theirs, "ratio": ratios})
        )


if __name__ == "__main__":
    main()
