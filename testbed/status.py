"""What there is of the local platform, as tables."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from testbed import daemon, images


def show(console: Console) -> None:
    """Print the cloud, the clusters with their nodes, and the images."""
    served = daemon.running()
    console.print(f"local cloud: {f'process {served.pid}' if served else 'not running'}")
    console.print(_clusters())
    console.print(_images())


def _clusters() -> Table:
    from testbed.nodes import Clusters, prepare

    table = Table(
        "cluster", "location", "phase", "version", "endpoint", "nodes", title="clusters", title_justify="left"
    )
    runtime = prepare.installed_runtime()
    for info in Clusters(runtime=runtime).list() if runtime else ():
        table.add_row(info.name, info.location, info.phase, info.version, info.endpoint, "\n".join(info.nodes))
    return table


def _images() -> Table:
    table = Table("image", "reference", "MB")
    for name, image in sorted(images.built().items()):
        table.add_row(name, image.reference, f"{image.archive.stat().st_size / 1e6:.0f}")
    return table
