"""Ways to apply the same hundred objects, each as a command or a call that applies them once."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.apply.run import run

from tests.support.apiserver import ApiServer
from tests.support.layers import of_five_kinds, with_defaults

ROOT = Path(__file__).resolve().parents[3]
NAMESPACE = "bench"

# What a contender returns: whether it says that it changed something (None when it does not say).
Contender = Callable[[], bool | None]


def objects(part: str, each: int = 20) -> list[dict[str, Any]]:
    """A hundred objects under names of their own, so that contenders do not own each other's fields."""
    made = of_five_kinds(each)
    for obj in made:
        obj["metadata"] |= {"name": f"{part}-{obj['metadata']['name']}", "namespace": NAMESPACE}
    return made


def contenders(server: ApiServer, endpoint: str, folder: Path) -> dict[str, Contender]:
    """By name; ``folder`` takes playbooks, manifests and a kubeconfig for the server by way of ``endpoint``."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(server, endpoint)))
    kubeconfig.chmod(0o600)
    connection = {"kubeconfig": str(kubeconfig)}
    ours = {
        "connection": connection,
        "environment_name": "bench",
        "layer": "bench",
        "objects": objects("ours"),
    }
    in_process = with_defaults(ours | {"layer": "bench-process", "objects": objects("process")})
    theirs = {
        "kubeconfig": str(kubeconfig),
        "state": "present",
        "apply": True,
        "server_side_apply": {"field_manager": "ansible"},
        "resource_definition": objects("core"),
    }
    manifest = folder / "kubectl.json"
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects("kubectl")}))
    return {
        "an empty play": _play(folder, "empty", None, {}),
        "k8s_apply, whole run": _play(folder, "ours", "pingpong.platform.k8s_apply", ours),
        "kubernetes.core.k8s, list, whole run": _play(folder, "core", "kubernetes.core.k8s", theirs),
        "k8s_apply, in process": lambda: bool(run(in_process, check_mode=False, want_diff=False)["changed"]),
        "kubectl apply --server-side": lambda: _kubectl(server.kubectl, kubeconfig, manifest),
    }


def _play(folder: Path, name: str, module: str | None, options: dict[str, Any]) -> Contender:
    tasks = [{module: options, "register": "result"}] if module else []
    tasks.append({"ansible.builtin.debug": {"msg": "changed={{ (result | default({})).changed | default(false) }}"}})
    book = folder / f"{name}.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    (folder / "ansible.cfg").write_text("[defaults]\n")
    environment = os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
    }
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local"]
    argv += ["-e", f"ansible_python_interpreter={sys.executable}", str(book)]

    def once() -> bool:
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return "changed=True" in done.stdout

    return once


def _kubectl(kubectl: Path, kubeconfig: Path, manifest: Path) -> None:
    argv = [str(kubectl), "--kubeconfig", str(kubeconfig), "apply", "--server-side", "-f", str(manifest)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"kubectl: {done.stderr[-2000:]}")


def _kubeconfig(server: ApiServer, endpoint: str) -> dict[str, Any]:
    authority = base64.b64encode(server.ca_certificate.encode()).decode()
    cluster = {"server": endpoint, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "admin"}}],
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": server.token}}],
    }
