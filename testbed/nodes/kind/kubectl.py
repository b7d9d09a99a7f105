"""kubectl on one cluster: the testbed's own way in, apart from the client that it tests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.host import HostError, run, state_root


@dataclass(frozen=True)
class Kubectl:
    """``kubectl`` with a cluster's kubeconfig."""

    kubeconfig: Path

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        program = state_root() / "bin" / "kubectl"
        command: list[str | Path] = [program, f"--kubeconfig={self.kubeconfig}", *arguments]
        return run(command, stdin=stdin, timeout=timeout).stdout

    def apply(self, documents: str | Iterable[Mapping[str, Any]], *, within: float = 0) -> None:
        """Server-side apply; for ``within`` seconds tried again, while kinds are being registered."""
        text = documents if isinstance(documents, str) else yaml.safe_dump_all(map(dict, documents))
        arguments = ("apply", "--server-side", "--force-conflicts", "--field-manager=testbed", "--filename=-")
        deadline = time.monotonic() + within
        while True:
            try:
                self.run(*arguments, stdin=text)
            except HostError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(1)
            else:
                return

    def delete(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Delete objects, by kind and name; those that are not there are no error."""
        if documents:
            text = yaml.safe_dump_all(map(dict, documents))
            self.run("delete", "--ignore-not-found", "--wait=false", "--filename=-", stdin=text)

    def rolled_out(self, namespace: str, *workloads: str, timeout: int = 300) -> None:
        """Wait until the workloads (``deployment/x``, ``daemonset/y``) are fully available."""
        for workload in workloads:
            arguments = ["rollout", "status", workload, f"--namespace={namespace}", f"--timeout={timeout}s"]
            self.run(*arguments, timeout=timeout + 30)


def kubeconfig(cluster: str, endpoint: str, authority: str, token: str) -> str:
    """A kubeconfig whose only context has the cluster's name. ``authority`` is base64 of PEM."""
    return yaml.safe_dump({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster,
        "clusters": [{"name": cluster, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": cluster, "user": {"token": token}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
    })  # fmt: skip
