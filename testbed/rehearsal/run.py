"""The steps of a rehearsal, in order; the first that fails ends it, with what it had made left for a look."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from ssl import create_default_context
from typing import Any

import yaml

from testbed import daemon, images
from testbed.cloud.acme import pebble
from testbed.cloud.core.state.files import write_private
from testbed.debian import program
from testbed.host import REPOSITORY, HostError, link, run, state_root
from testbed.images import cert_manager, tools
from testbed.nodes.metadata import names, objects
from testbed.nodes.network.addresses import GATEWAY
from testbed.rehearsal import verdicts
from testbed.rehearsal.environment import environment, person

OVERLAY = Path(__file__).parent / "overlay.yml"
# As Google is, and as `make site` need not be: late, at a twentieth of Google's own times, with NodeLocal DNSCache,
# with nodes that pull what they run, and with private control planes that only their network reaches.
GOOGLES = {"lateness": 0.05, "node_local_dns": True, "preloaded_images": False, "private_endpoints": True}
ACME_PORTS = (objects.ACME_PORT, objects.ACME_PORT + 1000)
Say = Callable[[str], None]


@dataclass
class Rehearsal:
    """A rehearsal of one inventory against the local cloud of ``folder``, which serves at these ports.

    ``say`` hears a line for each step and verdict; ``image`` is the service's image as a build left it, with its
    transport; ``arguments`` are ansible-playbook's own, for each step. ``regions`` are hosts of the inventory: the
    second site runs on one after the other, as a promotion does; without any it runs on all at once. ``retired`` are
    hosts as well, which retire.yml takes away before the rest goes. ``acme``: with an ACME server, which asks the name
    server at ``dns_port``.
    """

    inventory: Path
    say: Say
    folder: Path
    port: int
    proxy_port: int
    image: str
    arguments: Sequence[str] = ()
    regions: Sequence[str] = ()
    retired: Sequence[str] = ()
    dns_port: int = 0
    acme: bool = False
    took: list[str] = field(default_factory=list)

    def run(self, keep: bool = False) -> None:
        """Every step; HostError with the first one's shortcomings. ``keep``: without the last, for a look around."""
        credentials = self.folder / "application-default.json"
        write_private(credentials, person(self._token()).encode())
        settings = self._ask("GET", "settings")
        self._ask("PATCH", "settings", GOOGLES)
        proxy = f"http://127.0.0.1:{self.proxy_port}"
        try:
            with self._acme() as (trusted, variables):
                self.env = {**os.environ, **environment(proxy, trusted, credentials, os.environ), **variables}
                self._steps(keep)
        finally:
            self._ask("PATCH", "settings", {name: settings[name] for name in GOOGLES})
        self.say(f"rehearsed {self.inventory.name}: {', '.join(self.took)}")

    @contextlib.contextmanager
    def _acme(self) -> Iterator[tuple[Path, dict[str, str]]]:
        """Whom everybody trusts, and what the overlay reads: with an ACME server, whom that one issues for as well."""
        public = self.folder / "ca.pem"
        if not self.acme:
            yield public, {}
            return
        dns = f"127.0.0.1:{self.dns_port}"
        server = pebble.running(self.folder / "acme", dns, ACME_PORTS, names=[names.ACME_NAME], also=str(GATEWAY))
        with server as served:
            # What an earlier rehearsal of this cloud had issued is served until it is renewed.
            roots = self.folder / "acme-roots.pem"
            roots.write_text((roots.read_text() if roots.exists() else "") + served.roots())
            trusted = self.folder / "public-ca.pem"
            trusted.write_text(public.read_text() + roots.read_text())
            yield trusted, {"PINGPONG_ACME_CA": served.authority.read_text()}

    def _steps(self, keep: bool) -> None:
        self._play("bootstrap")
        before = self._resources()
        self._play("base")
        record = self.folder / "image.yml"
        self._play("images", "-e", f"images_ping_source={self.image}", "-e", f"images_record={record}")
        recorded = ("-e", f"@{record}")
        self._play("site", *recorded)
        self._ask("DELETE", "requests")
        limits: list[Sequence[str]] = [("--limit", region) for region in self.regions]
        output = "".join(self._play("site", *recorded, *limit) for limit in limits or [()])
        requests = self._ask("GET", "requests")["requests"]
        self._judge("the second site", verdicts.changed(output) + verdicts.mutations(requests))
        if self.retired:
            self._retire(recorded)
        if not keep:
            self._play("destroy", *recorded, "-e", "platform_unprotect=true")
            self._judge("destroy", verdicts.left(before, self._resources()))

    def _retire(self, recorded: Sequence[str]) -> None:
        """Take regions away; what the others have must stay."""
        before = self._resources()
        self._play("retire", *recorded, "--limit", ",".join(self.retired), "-e", "platform_unprotect=true")
        hosts = variables(self.inventory)
        regions = {hosts[host]["platform_region"] for host in self.retired}
        self._judge("retire", verdicts.retired(before, self._resources(), regions))

    def _play(self, playbook: str, *arguments: str) -> str:
        """Run a playbook as a user would, shown as it runs; return what it printed."""
        self.say(f"rehearsal of {self.inventory.name}: {playbook}.yml")
        began = time.monotonic()
        command: Sequence[str] = [
            str(_program("ansible-playbook")), str(REPOSITORY / "playbooks" / f"{playbook}.yml"),
            "-i", str(self.inventory), "-e", f"@{OVERLAY}", *self.arguments, *arguments,
        ]  # fmt: skip
        lines = []
        with subprocess.Popen(
            command, cwd=REPOSITORY, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as process:
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                lines.append(line)
        if process.returncode:
            raise HostError(
                f"{playbook}.yml on {self.inventory.name}: exit code {process.returncode}; what it made stays"
            )
        self.took.append(f"{playbook} {time.monotonic() - began:.0f} s")
        return "".join(lines)

    def _judge(self, what: str, shortcomings: Sequence[str]) -> None:
        if shortcomings:
            raise HostError("\n".join([f"{what} of {self.inventory.name} fell short:", *shortcomings]))
        self.say(f"{what}: as expected")

    def _resources(self) -> list[dict[str, str]]:
        return list(self._ask("GET", "resources")["resources"])

    def _ask(self, verb: str, hook: str, body: object = None) -> Any:
        """A test hook of the local cloud."""
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}/_testbed/{hook}", method=verb,
            headers={"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )  # fmt: skip
        context = create_default_context(cafile=self.folder / "ca.pem")
        handler = urllib.request.HTTPSHandler(context=context)
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), handler).open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def _token(self) -> str:
        return (self.folder / "token").read_text(encoding="ascii").strip()


def against_the_daemon(inventory: str, say: Say, regions: Sequence[str] = (), retired: Sequence[str] = ()) -> Rehearsal:
    """A rehearsal against the local cloud that runs in the background; HostError when none does."""
    if not daemon.running():
        raise HostError(f"the local cloud does not run in {state_root()}: python -m testbed up")
    port = int(os.environ.get("PINGPONG_CLOUD_PORT", "18443"))
    if not shutil.which("skopeo"):
        link(state_root() / "bin" / "skopeo", program("skopeo"))
    wanted, found = ["ping"], chosen(inventory)
    acme = with_acme(found)
    if acme:
        cert_manager.place_chart(state_root() / "charts" / cert_manager.NAME)
        pebble.program()
        wanted += cert_manager.IMAGES
    archive = images.build(wanted)["ping"].archive
    trusting = cert_manager.trusting((daemon.folder() / "ca.pem").read_text(encoding="ascii")) if acme else []
    tools.place_published(state_root(), [*images.built().values(), *trusting])
    dns_port = int(os.environ.get("PINGPONG_DNS_PORT", "18053"))
    image = f"docker-archive:{archive}"
    return Rehearsal(
        found, say, daemon.folder(), port, port + 1, image,
        regions=regions, retired=retired, dns_port=dns_port, acme=acme,
    )  # fmt: skip


def with_acme(inventory: Path) -> bool:
    """Whether the edge's certificate comes from an ACME server, as Ansible reads the inventory below the overlay."""
    overlay = yaml.safe_load(OVERLAY.read_text(encoding="utf-8"))
    return any({**host, **overlay}.get("edge_certificate") == "acme" for host in variables(inventory).values())


def variables(inventory: Path) -> dict[str, dict[str, Any]]:
    """Each host's variables, as Ansible reads them."""
    listed = run([_program("ansible-inventory"), "-i", inventory, "--list"], cwd=REPOSITORY).stdout
    found: dict[str, dict[str, Any]] = json.loads(listed)["_meta"]["hostvars"]
    return found


def _program(name: str) -> Path:
    """One of Ansible's programs, beside this Python."""
    return Path(sys.executable).parent / name


def chosen(name: str) -> Path:
    """The inventory's folder, by its name in ``inventories`` or by a path; HostError when there is none."""
    folder = REPOSITORY / "inventories" / name
    path = folder if folder.exists() else Path(name)
    if not path.exists():
        known = ", ".join(sorted(item.name for item in (REPOSITORY / "inventories").iterdir()))
        raise HostError(f"ENV: found {name!r}, expected one of {known}, or the path of an inventory")
    return path.resolve()
