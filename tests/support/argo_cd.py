"""Argo CD as the role ``gitops`` sets it up: its objects, and its programs with the rights of its account."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.argo import API_VERSION, KIND, REFRESH
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.run import run
from ansible_collections.pingpong.platform.plugins.module_utils.gitops.spec import GIT_MANIFESTS
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient

from testbed.cloud.testing import RunningCloud
from testbed.host import cache_root, ensure_packages
from testbed.images import golang
from tests.support.apiserver import ApiServer, free_ports
from tests.support.layers import Harness, Object
from tests.support.roles import rendered

NAMESPACE, SERVED = "gitops", "shop"
DEFINITIONS = ("application-crd.yaml", "appproject-crd.yaml")
TEMPLATES = ("access.yml.j2", "settings.yml.j2", "application.yml.j2")


@dataclass
class Region:
    """One cluster with Argo CD, which follows its own folder of the repository."""

    name: str
    cluster: ApiServer
    client: ClusterClient
    repository: dict[str, str]
    logs: Path

    @property
    def harness(self) -> Harness:
        """The served namespace, with ``k8s_apply`` for the same layer."""
        return Harness(self.cluster.connection, self.client, SERVED)

    @property
    def platform(self) -> Harness:
        """The role's layer."""
        return Harness(self.cluster.connection, self.client, NAMESPACE)

    @property
    def folder(self) -> str:
        return f"production/{self.name}"

    def declared(self, *objects: Object) -> list[Object]:
        """The objects as the layer is to have them."""
        found: list[Object] = []
        self.publish(*objects, check_mode=True, declare=found.extend)
        return found

    def publish(
        self,
        *objects: Object,
        check_mode: bool = False,
        declare: Callable[[Sequence[Object]], None] = lambda desired: None,
        **options: Any,
    ) -> dict[str, Any]:
        """Run ``git_manifests`` as ``app`` does, for the same layer as the harness's."""
        given = {
            "connection": self.cluster.connection, "environment_name": "tests", "layer": SERVED, "namespace": SERVED,
            "objects": list(objects), "repository": self.repository, "folder": self.folder, "application": "ping",
            "application_namespace": NAMESPACE, "wait_timeout": 90, "wait_sleep": 0.2, **options,
        }  # fmt: skip
        defaults = {name: spec.get("default") for name, spec in GIT_MANIFESTS.items()}
        return run(defaults | given, check_mode=check_mode, declare=declare)

    def objects(self, template: str) -> list[Object]:
        """What the role applies of a template."""
        return rendered(
            "gitops", "production", template, host=self.name, ping_repository=self.repository,
            ping_instances=[{"name": SERVED}], gitops_repository_authority=Path(self.repository["ca_file"]).read_text(),
        )  # fmt: skip

    def refresh(self) -> None:
        """Let Argo CD look into the repository now."""
        annotation = {"metadata": {"annotations": {REFRESH: "normal"}}}
        self.client.patch(API_VERSION, KIND, "ping", NAMESPACE, annotation)

    def until(self, look: Callable[[], Any], what: str, seconds: float = 60.0) -> None:
        """Look until there is something; fails with what Argo CD thinks, and wrote."""
        deadline = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < deadline, f"{what}: {self.said()}"
            time.sleep(0.1)

    def said(self) -> str:
        """What Argo CD thinks of the folder, and the ends of its programs' logs."""
        application = self.client.get(API_VERSION, KIND, "ping", NAMESPACE) or {}
        ends = [path.read_text()[-3000:] for path in sorted(self.logs.glob("*.log"))]
        return "\n".join([json.dumps(application.get("status"), indent=1), *ends])


@contextlib.contextmanager
def argo_cd(name: str, cluster: ApiServer, cloud: RunningCloud, folder: Path) -> Iterator[Region]:
    """The role's objects, and the three programs of its pod; the image's Git and Redis are this machine's."""
    ensure_packages(("git", "redis-tools"))
    client = ClusterClient.from_connection(cluster.connection)
    repository = {
        "url": f"https://127.0.0.1:{cloud.port}/git/platform.git", "branch": "main", "username": "deployer",
        "password": cloud.token, "ca_file": str(cloud.ca_file),
    }  # fmt: skip
    region = Region(name, cluster, client, repository, folder)
    for namespace in (NAMESPACE, SERVED):
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    source = golang.module_source(golang.BY_NAME["argo-cd"]) / "manifests" / "crds"
    definitions = [yaml.load((source / file).read_text(), yaml.CSafeLoader) for file in DEFINITIONS]
    objects = [obj for template in TEMPLATES for obj in region.objects(template)]
    region.platform.apply(*definitions, *objects, wait=True, wait_timeout=60)
    with contextlib.ExitStack() as stack:
        stack.callback(client.close)
        for program, argv, environment in _programs(region, folder):
            log = stack.enter_context((folder / f"{program}.log").open("wb"))
            process = subprocess.Popen(argv, executable=_executable(program), env=environment, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield region


def _executable(program: str) -> Path:
    # Debian's redis-server is a link to this one, whose package starts no service.
    if program == "redis":
        return Path("/usr/bin/redis-check-rdb")
    module = golang.BY_NAME["argo-cd"]
    return golang.build(module, cache_root(), cache_root() / "logs" / "go-argo-cd.log") / "argocd"


def _programs(region: Region, folder: Path) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Each container of the role's pod: its name, its command at ports of this machine, and its environment."""
    (deployment,) = region.objects("controller.yml.j2")
    repo, redis, controller_metrics, repo_metrics = free_ports(4)
    more = {
        "controller": [f"--metrics-port={controller_metrics}", "--logformat=text"],
        "repo-server": [f"--port={repo}", f"--metrics-port={repo_metrics}", "--metrics-address=127.0.0.1"],
        "redis": ["--port", str(redis)],
    }
    (folder / "tls").mkdir()
    for config_map in region.objects("settings.yml.j2"):
        if config_map["metadata"]["name"] == "argocd-tls-certs-cm":
            for host, authority in config_map["data"].items():
                (folder / "tls" / host).write_text(authority)
    (folder / "bin").mkdir()
    (folder / "bin" / "argocd").symlink_to(_executable("controller"))
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "no_proxy": "127.0.0.1", "HOME": str(folder),
        "KUBECONFIG": str(_kubeconfig(region, folder)), "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_TLS_DATA_PATH": str(folder / "tls"), "TMPDIR": str(folder),
    }  # fmt: skip
    for container in reversed(deployment["spec"]["template"]["spec"]["containers"]):
        name = container["name"]
        argv = [*container["command"], *container["args"], *more[name]]
        argv = [word.replace(":6379", f":{redis}").replace(":8081", f":{repo}").replace("/tmp", str(folder))
                for word in argv]  # fmt: skip
        own = {item["name"]: item["value"] for item in container.get("env", []) if item["name"] != "HOME"}
        yield name, argv, {**environment, **own}


def _kubeconfig(region: Region, folder: Path) -> Path:
    """Its account's own token, as the pod has it."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/argo-cd/token"
    config = json.loads(region.cluster.kubeconfig.read_text())
    config["users"] = [
        {"name": "admin", "user": {"token": region.client.request("POST", path, asked)["status"]["token"]}}
    ]
    config["clusters"][0]["cluster"]["certificate-authority"] = str(region.cluster.folder / "ca.pem")
    config["contexts"][0]["context"]["namespace"] = NAMESPACE
    (folder / "kubeconfig").write_text(json.dumps(config))
    return folder / "kubeconfig"
