"""``python -m tests.workflows [--workflow NAME] [--job NAME]``: print what runs, and what fell short; 1 if any did."""

from __future__ import annotations

import argparse
import sys

from testbed.host import REPOSITORY, HostError
from tests.support.galaxy import Galaxy
from tests.workflows import repository
from tests.workflows.given import given
from tests.workflows.play import play


def main() -> int:
    workflows = repository.workflows(REPOSITORY)
    parser = argparse.ArgumentParser(prog="python -m tests.workflows")
    parser.add_argument("--workflow", choices=workflows, help="only this one")
    parser.add_argument("--job", choices=sorted({job for item in workflows.values() for job in item["jobs"]}),
                        help="only the jobs of this name, after those that they need")  # fmt: skip
    chosen = parser.parse_args()
    # First those that need the platform: the last job of `ci` takes it down.
    names = [
        name
        for name in sorted(workflows, key=lambda name: not given(name).inventory)
        if chosen.workflow in (None, name) and (chosen.job is None or chosen.job in workflows[name]["jobs"])
    ]
    if not names:
        raise HostError(f"--job: found {chosen.job}, expected one of {', '.join(workflows[chosen.workflow]['jobs'])}")
    with Galaxy() as galaxy:
        server = {"ANSIBLE_GALAXY_SERVER_GALAXY_URL": galaxy.url}
        wrong = [f"{name}: {line}" for name in names for line in play(REPOSITORY, name, chosen.job, server)]
    print("\n".join(["", *wrong]) if wrong else f"\nran every step of {chosen.job or 'each job'} of {', '.join(names)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HostError as error:
        sys.exit(f"workflows: {error}")
