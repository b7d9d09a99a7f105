"""Programs built from Go modules: fetched by version, built once, kept by the content of their recipe.

A module is copied out of the read-only module cache, its ``go.mod`` is edited as the recipe says
(``replace`` directives that only hold in the upstream checkout are dropped), and its commands are built
with ``-trimpath``, so that Go's own build cache serves any checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed.host import HostError, contained, locked, run
from testbed.images.toolchain import go_program

HERE = Path(__file__).parent


@dataclass(frozen=True)
class GoModule:
    """A module at a version and the programs to build from it.

    ``programs`` maps a program's file name to its package inside the module. ``edits`` are arguments of
    ``go mod edit``. ``overlay`` maps paths in the module to files beside this one that are laid over it.
    ``usual_seconds`` is what a build without Go's cache took on two cores: shown, never enforced.
    """

    name: str
    path: str
    version: str
    programs: Mapping[str, str]
    edits: Sequence[str] = ()
    overlay: Mapping[str, str] = field(default_factory=dict)
    ldflags: str = "-s -w"
    tags: str = ""
    usual_seconds: int = 60

    @property
    def digest(self) -> str:
        """Hex digest of everything that decides what the programs are."""
        recipe = [
            self.path, self.version, sorted(self.programs.items()), list(self.edits), self.ldflags, self.tags,
            [(at, (HERE / source).read_text()) for at, source in sorted(self.overlay.items())],
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]

    def output(self, cache: Path) -> Path:
        return cache / "go" / f"{self.name}-{self.digest}"


def _kubernetes_edits(version: str) -> tuple[str, ...]:
    staging = """
        api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap
        code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib
        dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy
        kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver
        sample-cli-plugin sample-controller
    """.split()  # noqa: SIM905 - thirty names read better as text
    return tuple(f"-replace=k8s.io/{name}=k8s.io/{name}@{version}" for name in staging)


def _kubernetes_ldflags(version: str) -> str:
    major, minor = version.removeprefix("v").split(".")[:2]
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return "-s -w " + " ".join(f"-X {package}.{key}={value}" for package in packages for key, value in stamps.items())


KUBERNETES_VERSION = "v1.34.4"
CILIUM_VERSION = "1.19.0"
ISTIO_VERSION = "1.31.0"
PROMETHEUS_VERSION = "3.5.2"
ALERTMANAGER_VERSION = "0.35.0"
SECRETS_STORE_VERSION = "v1.5.3"
CERT_MANAGER_VERSION = "v1.11.5"

MODULES: tuple[GoModule, ...] = (
    GoModule("kind", "sigs.k8s.io/kind", "v0.32.0", {"kind": "."}, usual_seconds=20),
    GoModule(
        "kubernetes", "k8s.io/kubernetes", KUBERNETES_VERSION, {"kubernetes": "./cmd/node-programs"},
        edits=_kubernetes_edits("v0.34.4"),
        overlay={"cmd/node-programs/main.go": "kubernetes/main.go"},
        ldflags=_kubernetes_ldflags(KUBERNETES_VERSION),
        usual_seconds=430,
    ),
    GoModule(
        "cilium", "github.com/cilium/cilium", f"v{CILIUM_VERSION}",
        {"cilium-agent": "./daemon", "cilium-operator-generic": "./operator", "cilium-cni": "./plugins/cilium-cni",
         "cilium-dbg": "./cilium-dbg"},
        edits=("-dropreplace=github.com/osrg/gobgp/v3", "-require=github.com/osrg/gobgp/v3@v3.37.0"),
        ldflags=f"-s -w -X github.com/cilium/cilium/pkg/version.ciliumVersion={CILIUM_VERSION}",
        usual_seconds=400,
    ),
    GoModule(
        "istio", "istio.io/istio", "v0.0.0-20260827124520-eed52ebb66ad",
        {"pilot-discovery": "./pilot/cmd/pilot-discovery", "pilot-agent": "./pilot/cmd/pilot-agent",
         "istio-cni": "./cni/cmd/istio-cni", "install-cni": "./cni/cmd/install-cni"},
        ldflags=f"-s -w -X istio.io/istio/pkg/version.buildVersion={ISTIO_VERSION}",
        tags="vtprotobuf",
        usual_seconds=560,
    ),
    GoModule("helm", "helm.sh/helm/v3", "v3.19.5", {"helm": "./cmd/helm"}, usual_seconds=100,
             ldflags="-s -w -X helm.sh/helm/v3/internal/version.version=v3.19.5"),
    GoModule("coredns", "github.com/coredns/coredns", "v1.14.7", {"coredns": "."},
             overlay={"core/plugin/zplugin.go": "coredns/zplugin.go"}, usual_seconds=100),
    GoModule("kube-state-metrics", "k8s.io/kube-state-metrics/v2", "v2.15.0", {"kube-state-metrics": "."},
             usual_seconds=85),
    # Debian's Prometheus is built without discovery in Kubernetes. This is 3.5, the release with long support.
    GoModule(
        "prometheus", "github.com/prometheus/prometheus", "v0.305.2", {"prometheus": "./cmd/prometheus"},
        overlay={"plugins/plugins.go": "prometheus/plugins.go"},
        ldflags=f"-s -w -X github.com/prometheus/common/version.Version={PROMETHEUS_VERSION}",
        usual_seconds=200,
    ),
    # In no image: the alerts' tests build it. With the overlay of Prometheus, Go has nearly all of it compiled already.
    GoModule(
        "promtool", "github.com/prometheus/prometheus", "v0.305.2", {"promtool": "./cmd/promtool"},
        overlay={"plugins/plugins.go": "prometheus/plugins.go"},
        ldflags=f"-s -w -X github.com/prometheus/common/version.Version={PROMETHEUS_VERSION}",
        usual_seconds=60,
    ),
    # In no image: `make lint` reads the workflows with it.
    GoModule("actionlint", "github.com/rhysd/actionlint", "v1.7.12", {"actionlint": "./cmd/actionlint"},
             ldflags="-s -w -X github.com/rhysd/actionlint.version=1.7.12", usual_seconds=20),
    # In no image: `make workflows` runs the workflows' jobs with it, as processes of this machine.
    GoModule("act", "github.com/nektos/act", "v0.2.89", {"act": "."}, tags="WITHOUT_DOCKER", usual_seconds=65),
    # Its pages are not part of the module: one of our own stands in their place.
    GoModule(
        "alertmanager", "github.com/prometheus/alertmanager", f"v{ALERTMANAGER_VERSION}",
        {"alertmanager": "./cmd/alertmanager"},
        overlay={"ui/app/dist/index.html": "alertmanager/index.html"},
        ldflags=f"-s -w -X github.com/prometheus/common/version.Version={ALERTMANAGER_VERSION}",
        usual_seconds=90,
    ),
    GoModule("metrics-server", "sigs.k8s.io/metrics-server", "v0.9.0", {"metrics-server": "./cmd/metrics-server"},
             usual_seconds=130),
    GoModule("prometheus-adapter", "sigs.k8s.io/prometheus-adapter", "v0.12.0", {"adapter": "./cmd/adapter"},
             usual_seconds=115),
    GoModule("contour", "github.com/projectcontour/contour", "v1.33.8", {"contour": "./cmd/contour"},
             ldflags="-s -w -X github.com/projectcontour/contour/internal/build.Version=v1.33.8", usual_seconds=190),
    GoModule("argo-rollouts", "github.com/argoproj/argo-rollouts", "v1.9.0",
             {"rollouts-controller": "./cmd/rollouts-controller"}, usual_seconds=170),
    # One program that is each of Argo CD's by the name that it is called by.
    GoModule("argo-cd", "github.com/argoproj/argo-cd/v3", "v3.1.0", {"argocd": "./cmd"},
             ldflags="-s -w -X github.com/argoproj/argo-cd/v3/common.version=3.1.0", usual_seconds=330),
    # Of its controllers the one that judges; the webhook's certificate and configuration are of its own making.
    GoModule("kyverno", "github.com/kyverno/kyverno", "v1.19.1", {"kyverno": "./cmd/kyverno"},
             ldflags="-s -w -X github.com/kyverno/kyverno/pkg/version.BuildVersion=v1.19.1", usual_seconds=400),
    # The Secrets Store CSI driver, and GKE's part of its Secret Manager add-on, which is published nowhere. The
    # driver's logging library is not served as a module any more: a stand-in takes its place.
    GoModule(
        "secrets-store", "sigs.k8s.io/secrets-store-csi-driver", SECRETS_STORE_VERSION,
        {"secrets-store-csi-driver": "./cmd/secrets-store-csi-driver", "gke-provider": "./cmd/gke-provider"},
        edits=("-replace=monis.app/mlog=./third_party/mlog", "-require=k8s.io/kubelet@v0.26.4"),
        overlay={
            "third_party/mlog/go.mod": "secrets/mlog/go.mod",
            "third_party/mlog/mlog.go": "secrets/mlog/mlog.go",
            **{f"cmd/gke-provider/{name}.go": f"secrets/provider/{name}.go"
               for name in ("main", "provider", "google", "registrar")},
        },
        ldflags=f"-s -w -X sigs.k8s.io/secrets-store-csi-driver/pkg/version.BuildVersion={SECRETS_STORE_VERSION}",
        usual_seconds=150,
    ),
    # The last release whose commands are in its module: later ones' are modules of their own, which are not served.
    GoModule(
        "cert-manager", "github.com/cert-manager/cert-manager", CERT_MANAGER_VERSION,
        {"controller": "./cmd/controller", "webhook": "./cmd/webhook", "cainjector": "./cmd/cainjector"},
        ldflags=f"-s -w -X github.com/cert-manager/cert-manager/pkg/util.AppVersion={CERT_MANAGER_VERSION}",
        usual_seconds=300,
    ),
    # An ACME server that lets every failure be seen; the certificate authority that `edge_certificate: acme` asks here.
    GoModule("pebble", "github.com/letsencrypt/pebble/v2", "v2.10.3", {"pebble": "./cmd/pebble"},
             usual_seconds=50),
    # The engine and the rules behind Cloud Armor's names of them.
    GoModule(
        "waf", "github.com/corazawaf/coraza/v3", "v3.8.1", {"waf": "./cmd/waf"},
        edits=("-require=github.com/corazawaf/coraza-coreruleset/v4@v4.25.0",),
        overlay={f"cmd/waf/{name}.go": f"waf/{name}.go" for name in ("main", "policy", "rates", "rulesets")},
        usual_seconds=60,
    ),
    # Its resource definitions only: the version that Istio is built with.
    GoModule("gateway-api", "sigs.k8s.io/gateway-api", "v1.6.0", {}),
)  # fmt: skip
BY_NAME = {module.name: module for module in MODULES}


def module_source(module: GoModule) -> Path:
    """The module's files as fetched, read-only; downloads them on first use."""
    answer = run(
        [go_program(), "mod", "download", "-json", f"{module.path}@{module.version}"], env=_environment(), check=False
    )
    facts = json.loads(answer.stdout or "{}")
    if answer.returncode or facts.get("Error"):
        raise HostError(f"go module {module.path}@{module.version}: {facts.get('Error') or answer.stderr.strip()}")
    return Path(facts["Dir"])


def build(module: GoModule, cache: Path, log: Path) -> Path:
    """Build the module's programs unless they are there; return the folder that holds them."""
    output = module.output(cache)
    with locked(cache / "locks" / f"go-{output.name}"):
        if not output.is_dir():
            _build(module, output, cache, log)
    return output


def _build(module: GoModule, output: Path, cache: Path, log: Path) -> None:
    work = cache / "work" / f"{module.name}-{module.digest}"
    shutil.rmtree(work, ignore_errors=True)
    _copy_writable(module_source(module), work / "source")
    for at, source in module.overlay.items():
        target = work / "source" / at
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE / source, target)
    (work / "tmp").mkdir()
    if module.edits:
        _go(["mod", "edit", *module.edits], work, log)
    for name, package in module.programs.items():
        # What a debugger reads is dropped by the linker's flags: it need not be made.
        arguments = ["build", "-mod=mod", "-trimpath", "-gcflags=all=-dwarf=false"]
        arguments += [f"-ldflags={module.ldflags}", f"-tags={module.tags}"]
        _go([*arguments, "-o", str(work / "bin" / name), package], work, log)
    output.parent.mkdir(parents=True, exist_ok=True)
    (work / "bin").rename(output)
    shutil.rmtree(work)


# A compiler lives for seconds: to collect its garbage costs more than the memory. Measured with the flag that makes no
# debugging information, a fifth less CPU.
COMPILER = {"GOGC": "off", "GOMEMLIMIT": "2GiB"}


def _environment() -> dict[str, str]:
    # GOWORK: some modules carry a go.work for their own checkout. GOTOOLCHAIN: never fetch another Go.
    return {"CGO_ENABLED": "0", "GOWORK": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}


def _go(arguments: Sequence[str], work: Path, log: Path) -> None:
    # A killed build leaves its temporary files, gigabytes of them: they are in the folder that is made anew.
    environment = {**_environment(), **COMPILER, "GOTMPDIR": str(work / "tmp")}
    run([*contained(), go_program(), *arguments], cwd=work / "source", env=environment, log=log)


def _copy_writable(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
    for folder, _unused, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            path.chmod(path.stat().st_mode | 0o200)
