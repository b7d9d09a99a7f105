"""`python -m testbed`: the local default's one command.

up      make the machine ready, build what is missing, start the local cloud, carry on clusters that stopped
down    remove the clusters, the network, the local cloud and all state; built things stay in the cache
status  what is there
images  build images (all, or those named) and bring them into the running clusters
rehearse  run an environment's own inventory whole against the local cloud: site, site again, destroy
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from testbed import daemon, images
from testbed.host import HostError, cache_root
from testbed.images.scheduler import TaskError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 1 with one sentence on standard error when it fails."""
    parser = argparse.ArgumentParser(
        prog="python -m testbed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="build what is missing and start the local cloud")
    commands.add_parser("down", help="remove everything but the build cache")
    commands.add_parser("status", help="show the cloud, the clusters and the images")
    build = commands.add_parser("images", help="build images and load them into running clusters")
    build.add_argument("names", nargs="*", help="images to build; all without a name")
    build.add_argument("--to", type=Path, metavar="FOLDER", help="copy their archives there, as NAME-VERSION.tar")
    rehearse = commands.add_parser("rehearse", help="run an environment's inventory whole on this machine")
    rehearse.add_argument("inventory", help="its name in inventories/, or a path")
    rehearse.add_argument(
        "--regions", nargs="+", default=[], metavar="HOST", help="the second site on one after the other, as promoted"
    )
    rehearse.add_argument(
        "--retire", nargs="+", default=[], metavar="HOST", help="regions that are taken away while the others stay"
    )
    rehearse.add_argument("--keep", action="store_true", help="without destroy, for a look around")
    chosen = parser.parse_args(arguments)
    console = Console(stderr=True, highlight=False)
    try:
        if chosen.command == "images":
            _images(console, chosen.names or None, chosen.to)
        elif chosen.command == "rehearse":
            _rehearse(console, chosen.inventory, chosen.regions, chosen.retire, chosen.keep)
        else:
            {"up": _up, "down": _down, "status": _status}[chosen.command](console)
    except (HostError, TaskError) as error:
        console.print(f"testbed {chosen.command}: {error}", markup=False, style="red")
        return 1
    return 0


def _up(console: Console) -> None:
    from testbed.nodes import Clusters, prepare, teardown
    from testbed.nodes.image import build

    began = time.monotonic()
    say = _speaker(console)
    teardown.remember_machine()
    runtime = prepare.container_runtime()
    prepare.prepare_host()
    images.prepare()
    build.obtain(runtime, say)
    clusters = Clusters(say, runtime)
    clusters.repair()
    clusters.load_images()
    served = daemon.start()
    say(f"local cloud: process {served.pid}, log {daemon.log_file()}")
    say(f"up after {time.monotonic() - began:.0f} s")


def _down(console: Console) -> None:
    from testbed.gateway.fleet import place
    from testbed.nodes import Clusters, prepare, teardown

    say = _speaker(console)
    if daemon.stop():
        say("local cloud: stopped")
    runtime = prepare.installed_runtime()
    if runtime:
        place.remove_all()
        teardown.down(Clusters(say, runtime), runtime, say)
    teardown.remove_state()
    say(f"down; built things are kept in {cache_root()}")


def _status(_unused: Console) -> None:
    from testbed.status import show

    wide = None if sys.stdout.isatty() else 200  # a table in a file is not folded to 80 columns
    show(Console(highlight=False, width=wide))


def _images(console: Console, names: Sequence[str] | None, to: Path | None) -> None:
    from testbed.images.published import version
    from testbed.nodes import Clusters, prepare

    say = _speaker(console)
    built = images.prepare(names)
    runtime = prepare.installed_runtime()
    if runtime:
        for line in Clusters(say, runtime).load_images():
            say(f"loaded {line}")
    for image in built.values():
        print(f"{image.name:20} {image.reference}")
        if to and image.name in (names or built):
            to.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(image.archive, to / f"{image.name}-{version(image.reference)}.tar")


def _rehearse(console: Console, inventory: str, regions: Sequence[str], retired: Sequence[str], keep: bool) -> None:
    from testbed.rehearsal.run import against_the_daemon

    against_the_daemon(inventory, _speaker(console), regions, retired).run(keep)


def _speaker(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
