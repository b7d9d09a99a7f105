"""Docker or podman: the container runtime that the nodes run in, driven by its command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.host import HostError, locked, run, state_root, write_whole
from testbed.nodes.network.addresses import GATEWAY, NODE_RANGE, SUBNET

NETWORK = "pingpong"
CLUSTER_LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"
# Before a command that changes something: it ends when this program does, even by SIGKILL, so that the next
# run finds nobody at work on what it carries on.
TIED = ("setpriv", "--pdeathsig", "KILL")
# podman asks for more open files than a machine without CAP_SYS_RESOURCE may give; crun refuses hybrid cgroups
PODMAN_CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]

[engine]
runtime = "runc"
"""


@dataclass(frozen=True)
class Node:
    """A node's container. ``address`` is empty while it does not run."""

    name: str
    identity: str
    cluster: str
    role: str
    running: bool
    address: str

    @property
    def control_plane(self) -> bool:
        return self.role == "control-plane"

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Node:
        """A node from what ``inspect`` says of its container."""
        labels = facts["Config"]["Labels"]
        network = (facts["NetworkSettings"].get("Networks") or {}).get(NETWORK) or {}
        return cls(
            name=str(facts["Name"]).removeprefix("/"),
            identity=str(facts["Id"]),
            cluster=str(labels[CLUSTER_LABEL]),
            role=str(labels.get(ROLE_LABEL, "")),
            running=bool(facts["State"]["Running"]),
            address=str(network.get("IPAddress") or ""),
        )


@dataclass(frozen=True)
class Runtime:
    """A container runtime's program and the environment that it (and kind) runs with."""

    program: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, stdin: str | None = None, timeout: float = 600, check: bool = True) -> str:
        command = [self.program, *arguments]
        return run(command, stdin=stdin, env=self.environment, timeout=timeout, check=check).stdout

    def execute(self, node: str, *command: str, stdin: str | None = None, timeout: float = 600) -> str:
        """Run a command inside a node."""
        interactive = ("--interactive",) if stdin is not None else ()
        return self.run("exec", *interactive, node, *command, stdin=stdin, timeout=timeout)

    def has_image(self, reference: str) -> bool:
        return bool(self.run("image", "ls", "--quiet", reference, check=False).strip())

    def images(self, repository: str) -> list[str]:
        """The references of a repository's images that the runtime has."""
        return self.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository).split()

    def pull(self, reference: str, seconds: float) -> bool:
        """Whether a published image could be pulled within that time."""
        try:
            self.run("pull", "--quiet", reference, timeout=seconds)
        except HostError:
            return False
        return True

    def import_image(self, tree: Path, reference: str) -> None:
        """Make a node image of a folder; its entrypoint and stop signal are those of kind's node image."""
        changes = ("ENV container=docker", "STOPSIGNAL SIGRTMIN+3",
                   'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]')  # fmt: skip
        options = [word for change in changes for word in ("--change", change)]
        pack = subprocess.Popen(
            [*TIED, "tar", "--create", "--numeric-owner", "--directory", str(tree), "."], stdout=subprocess.PIPE
        )
        with pack:
            done = subprocess.run(
                [*TIED, self.program, "import", *options, "-", reference], env={**os.environ, **self.environment},
                stdin=pack.stdout, capture_output=True, text=True, check=False,
            )  # fmt: skip
        if pack.returncode or done.returncode:
            raise HostError(f"{self.program} import {reference}: {done.stderr.strip()}")

    def nodes(self, cluster: str | None = None) -> list[Node]:
        """The nodes of one cluster, or every node on our network; in the order of their names."""
        label = CLUSTER_LABEL + (f"={cluster}" if cluster else "")
        names = self.run("ps", "--all", "--quiet", "--filter", f"label={label}").split()
        if not names:
            return []
        # a node may go away between the two calls: inspect then fails for it and answers for the others
        facts = json.loads(self.run("inspect", *names, check=False) or "[]")
        ours = [entry for entry in facts if NETWORK in (entry["NetworkSettings"].get("Networks") or {})]
        return sorted((Node.of(entry) for entry in ours), key=lambda node: node.name)

    def remove_volumes(self, cluster: str) -> None:
        """Remove what kind made for nodes that never came to be; it labels a volume with its node's name."""
        if self.program == "docker":
            return  # there a volume comes and goes with its container
        owner = re.compile(re.escape(cluster) + r"-(control-plane|worker)\d*")
        volumes = json.loads(self.run("volume", "ls", "--format", "json") or "[]")
        for volume in volumes:
            if any(owner.fullmatch(label) for label in volume.get("Labels") or {}):
                self.run("volume", "rm", "--force", volume["Name"], check=False)

    def ensure_network(self) -> None:
        """Create the nodes' network: a range for documentation, so that a mistake reaches nobody."""
        with locked(state_root() / "locks" / "network"):
            if NETWORK in self.run("network", "ls", "--format", "{{.Name}}").split():
                return
            self.remove_stray_bridge()
            ranges = (f"--subnet={SUBNET}", f"--ip-range={NODE_RANGE}", f"--gateway={GATEWAY}")
            self.run("network", "create", "--driver=bridge", *ranges, NETWORK)

    def remove_network(self) -> None:
        if NETWORK in self.run("network", "ls", "--format", "{{.Name}}").split():
            self.run("network", "rm", NETWORK)
        self.remove_stray_bridge()

    def remove_stray_bridge(self) -> None:
        """Remove the bridge that podman leaves when its network goes while its containers were ended by others.

        To be called when our network does not exist: nothing else has an address in its range.
        """
        if self.program != "podman":
            return
        links = json.loads(run(["ip", "-json", "address", "show", "type", "bridge"]).stdout or "[]")
        for link in filter(None, links):
            if any(entry.get("local") == str(GATEWAY) for entry in link.get("addr_info", ())):
                run(["ip", "link", "delete", link["ifname"]])


def detect() -> Runtime:
    """Docker where its daemon answers, else podman; ``PINGPONG_RUNTIME`` decides otherwise."""
    wanted = os.environ.get("PINGPONG_RUNTIME") or ""
    if wanted not in ("", "docker", "podman"):
        raise HostError(f"PINGPONG_RUNTIME: expected docker or podman, found {wanted!r}")
    if wanted == "docker" or (not wanted and docker_works()):
        return Runtime("docker", environment("docker"))
    if shutil.which("podman"):
        return Runtime("podman", environment("podman"))
    raise HostError("no container runtime: start Docker, or as root: apt-get install podman netavark aardvark-dns runc")


def environment(program: str) -> dict[str, str]:
    """What is added to the environment: kind uses our network, podman our settings instead of the user's."""
    if program == "docker":
        return {"KIND_EXPERIMENTAL_PROVIDER": "docker", "KIND_EXPERIMENTAL_DOCKER_NETWORK": NETWORK}
    configuration = state_root() / "containers.conf"
    if not configuration.is_file() or configuration.read_text() != PODMAN_CONFIGURATION:
        write_whole(configuration, PODMAN_CONFIGURATION)
    return {
        "KIND_EXPERIMENTAL_PROVIDER": "podman",
        "KIND_EXPERIMENTAL_PODMAN_NETWORK": NETWORK,
        "CONTAINERS_CONF": str(configuration),
    }


def docker_works() -> bool:
    """Whether a Docker daemon answers."""
    if not shutil.which("docker"):
        return False
    answer = run(["docker", "version", "--format", "{{.Server.Version}}"], check=False, timeout=60)
    return answer.returncode == 0 and bool(answer.stdout.strip())
