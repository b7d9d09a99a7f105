"""``python -m pingpong.probe``: arguments and JSON in, JSON out."""

from __future__ import annotations

import argparse
import json
import sys

import pingpong.probe
from pingpong.probe.client import run
from pingpong.probe.hold import hold


def main(arguments: list[str] | None = None) -> int:
    """Hold, or run the document on stdin."""
    parser = argparse.ArgumentParser(prog="pingpong.probe", description=(pingpong.probe.__doc__ or "").splitlines()[0])
    parser.add_argument("--hold", type=float, metavar="SECONDS")
    parser.add_argument("--listen", type=int, metavar="PORT")
    options = parser.parse_args(arguments)
    if options.hold is not None:
        hold(options.hold, options.listen)
        return 0
    try:
        document = json.loads(sys.stdin.readline())  # a line: exec's older protocols cannot close stdin
    except json.JSONDecodeError as error:
        print(f"pingpong.probe: the line on stdin is not JSON: {error}", file=sys.stderr)
        return 2
    json.dump(run(document), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
