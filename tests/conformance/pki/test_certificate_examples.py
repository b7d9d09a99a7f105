"""The module's examples run as they are written, against files and a real API server, and change nothing again."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.modules import certificate

from tests.support.apiserver import ApiServer
from tests.support.plays import play


def played(folder: Path, server: ApiServer, tasks: list[dict[str, Any]], *arguments: str) -> str:
    """What a play of these tasks prints."""
    known = {"cluster_connection": server.connection, "reader_passphrase": "open-sesame-4711"}
    done = play(folder, tasks, *arguments, vars=known)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_examples_run_as_written_and_openssl_agrees(server: ApiServer, tmp_path: Path) -> None:
    client = ClusterClient.from_connection(server.connection)
    for namespace in ("istio-ingress", "pki"):
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    authority = {"name": "ca", "common_name": "clients", "ca": {}, "sinks": [{"secret": {"namespace": "pki"}}]}
    authority["sinks"][0]["secret"]["name"] = "clients-ca"  # type: ignore[index]
    made = {"connection": "{{ cluster_connection }}", "certificates": [authority]}
    played(tmp_path, server, [{"pingpong.platform.certificate": made}])

    # what Secret Manager keeps is tried with the local cloud
    examples = yaml.safe_load(certificate.EXAMPLES)
    examples = [task for task in examples if "cloud" not in task["pingpong.platform.certificate"]]
    planned = played(tmp_path, server, examples, "--check", "--diff", "-vvv")
    assert "changed=2" in planned and not (tmp_path / "pki").exists() and not (tmp_path / "reader.p12").exists()
    done = played(tmp_path, server, examples, "--diff", "-vvv")
    assert "changed=2" in done and "reason: created" in done
    assert "changed=0" in played(tmp_path, server, examples)

    secret = client.get("v1", "Secret", "test-localdev-me", "istio-ingress")
    assert secret is not None and secret["type"] == "kubernetes.io/tls"
    shown = planned + done
    keys = [secret["data"]["tls.key"], *(tmp_path / "pki" / "edge-root.key").read_text().splitlines()[1:-1]]
    assert not [key for key in [*keys, "open-sesame-4711", server.token] if key in shown]
    opened = subprocess.run(
        ["openssl", "pkcs12", "-in", "reader.p12", "-nokeys", "-passin", "pass:open-sesame-4711"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "CN=reader" in opened.replace(" ", "") and "CN=clients" in opened.replace(" ", "")
    client.close()
