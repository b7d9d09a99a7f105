"""Each built image starts, as whom it should and with nothing it should not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from testbed.images import built
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
    ("metrics-server", ["--help"], "metrics-server"),
    ("kube-state-metrics", ["version"], "kube-state-metrics, version"),
    ("contour", ["bootstrap", "/dev/stdout", "--xds-address=contour", "--xds-port=8001"], '"name":"contour"'),
    ("envoy", ["--version"], "/1.40.0/"),
    ("prometheus", ["--version"], "prometheus, version 3.5.2"),
    ("alertmanager", ["--version"], "alertmanager, version 0.35.0"),
]  # fmt: skip
PROGRAMS: list[tuple[str, str, list[str], str]] = [
    ("proxyv2", "/usr/local/bin/envoy", ["--version"], "/1.40.0/"),
    ("proxyv2", "/usr/sbin/iptables", ["--version"], "iptables v1.8"),
    ("proxyv2", "/usr/bin/id", ["-u", "istio-proxy"], "1337"),
    ("install-cni", "/usr/bin/test", ["-x", "/opt/cni/bin/istio-cni", "-a", "-x", "/usr/local/bin/install-cni"], ""),
    ("ping", "python3", ["-c", "import os, pingpong, uvloop, httptools; print(os.getuid())"], "65532"),
    ("secrets-store", "/secrets-store-csi-driver", ["--version"], '"BuildVersion":"v1.5.3"'),
    ("secrets-store", "/usr/bin/mount", ["--version"], "mount from util-linux"),
    ("toolbox", "/bin/sh", ["-c", "curl --version && openssl version && ip -V && id -u"], "10001"),
]


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return detect()


@pytest.fixture(scope="module")
def load(runtime: Runtime) -> Iterator[Callable[[str], str]]:
    """Loads an image and returns its reference; those that the runtime did not have before are removed in the end."""
    images = built()
    loaded = []

    def reference(name: str) -> str:
        image = images[name]
        if not runtime.has_image(image.reference):
            runtime.run("load", "--quiet", "--input", image.archive)
            loaded.append(image.reference)
        return image.reference

    yield reference
    for name in loaded:
        runtime.run("rmi", "--force", name)


@pytest.mark.parametrize(("name", "arguments", "said"), COMMANDS)
def test_its_entrypoint_starts_confined(
    name: str, arguments: list[str], said: str, load: Callable[[str], str], runtime: Runtime
) -> None:
    assert said in runtime.run("run", "--rm", *CONFINED, load(name), *arguments)


@pytest.mark.parametrize(("name", "program", "arguments", "said"), PROGRAMS)
def test_it_has_the_program(
    name: str, program: str, arguments: list[str], said: str, load: Callable[[str], str], runtime: Runtime
) -> None:
    assert said in runtime.run("run", "--rm", *CONFINED, f"--entrypoint={program}", load(name), *arguments)
