"""Each built image starts, as whom it should and with nothing it should not have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.images import Image, built
from testbed.nodes.runtime import Runtime, detect

pytestmark = pytest.mark.platform

# What a pod of a restricted namespace gets: no capability, no way to write, and here no network either.
CONFINED = ("--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")

COMMANDS: list[tuple[str, list[str], str]] = [
    ("cilium", ["cilium-agent", "--version"], "cilium-agent 1.19.0"),
    ("cilium", ["clang", "--version"], "clang version 19"),
    ("cilium", ["bpftool", "version"], "bpftool v7"),
    ("cilium", ["ls", "/install-plugin.sh", "/opt/cni/bin/cilium-cni", "/var/lib/cilium/bpf/bpf_lxc.c"], "bpf_lxc.c"),
    ("cilium-operator", ["/usr/bin/cilium-operator-generic", "--version"], "Cilium-Operator 1.19.0"),
    ("pilot", ["version"], 'Version:"1.31.0"'),
    ("proxyv2", ["version"], 'Version:"1.31.0"'),
    ("coredns", ["-version"], "CoreDNS-1.14.7"),
    ("kube-state-metrics", ["version"], "kube-state-metrics, version"),
    ("prometheus", ["--version"], "prometheus, version 3.5.2"),
]  # fmt: skip
PROGRAMS: list[tuple[str, str, list[str], str]] = [
    ("proxyv2", "/usr/local/bin/envoy", ["--version"], "/1.40.0/"),
    ("proxyv2", "/usr/sbin/iptables", ["--version"], "iptables v1.8"),
    ("proxyv2", "/usr/bin/id", ["-u", "istio-proxy"], "1337"),
    ("install-cni", "/usr/bin/test", ["-x", "/opt/cni/bin/istio-cni", "-a", "-x", "/usr/local/bin/install-cni"], ""),
    ("ping", "python3", ["-c", "import os, pingpong, uvloop, httptools; print(os.getuid())"], "65532"),
    ("toolbox", "/bin/sh", ["-c", "curl --version && openssl version && ip -V && id -u"], "10001"),
]


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return detect()


@pytest.fixture(scope="module")
def images(runtime: Runtime) -> Iterator[dict[str, Image]]:
    """The images, loaded; those that the runtime did not have before are removed afterwards."""
    found = built()
    loaded = []
    for name in sorted({name for name, *_ in COMMANDS} | {name for name, *_ in PROGRAMS}):
        if not runtime.has_image(found[name].reference):
            runtime.run("load", "--quiet", "--input", found[name].archive)
            loaded.append(found[name].reference)
    yield found
    for reference in loaded:
        runtime.run("rmi", "--force", reference)


@pytest.mark.parametrize(("name", "arguments", "said"), COMMANDS)
def test_its_entrypoint_starts_confined(
    name: str, arguments: list[str], said: str, images: dict[str, Image], runtime: Runtime
) -> None:
    assert said in runtime.run("run", "--rm", *CONFINED, images[name].reference, *arguments)


@pytest.mark.parametrize(("name", "program", "arguments", "said"), PROGRAMS)
def test_it_has_the_program(
    name: str, program: str, arguments: list[str], said: str, images: dict[str, Image], runtime: Runtime
) -> None:
    assert said in runtime.run("run", "--rm", *CONFINED, f"--entrypoint={program}", images[name].reference, *arguments)
