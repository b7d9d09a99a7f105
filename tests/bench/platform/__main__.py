"""``python -m tests.bench.platform``: seconds of ``base`` and ``app`` that change nothing, less those of an empty play.

The platform must stand (``make site``); its inventory is the local one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.timing import Run, least, timed

ROOT = Path(__file__).parents[3]
STATE = Path(os.environ.get("PINGPONG_STATE") or ROOT / ".local")
INVENTORY = ("-i", "inventories/local")
BOOKS = ("base", "app")


def main() -> int:
    """Print the figures; 2 where no platform stands."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.platform", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the least counts (%(default)s)")
    options = parser.parse_args()
    if not (STATE / "clusters" / "pingpong-local-primary" / "kubeconfig").exists():
        print("base and app are measured on the platform: make site", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.json"
        empty.write_text(json.dumps([{"hosts": "clusters", "gather_facts": False, "tasks": []}]))
        nothing = _least(options.repeat, str(empty))
    runs = {name: _least(options.repeat, f"playbooks/{name}.yml") for name in BOOKS}
    print(f"{'no-op':20} {'changed':>8} {'wall':>10} {'CPU':>10} {'wall, less the empty play':>26}")
    for name, run in {"empty play": nothing, **runs}.items():
        print(f"{name:20} {run.changed:>8} {run.wall:>8.2f} s {run.cpu:>8.2f} s {run.wall - nothing.wall:>24.2f} s")
    over = sum(run.wall - nothing.wall for run in runs.values())
    print(f"{' + '.join(BOOKS):20} {'':>8} {over:>8.2f} s over empty plays, which take {nothing.wall:.2f} s each")
    return 0


def _least(repeat: int, book: str) -> Run:
    return least(*(timed(*INVENTORY, book) for _turn in range(repeat)))


if __name__ == "__main__":
    sys.exit(main())
