"""The client against a real API server: credentials, ways to the server, retries, pages."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.retry import Retry
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.errors import ApiError

from tests.support.apiserver import ApiServer
from tests.support.faults import FAULTS, Fault, Proxy, status
from tests.support.layers import Harness, config_map
from tests.support.tunnel import Tunnel


def kubeconfig(server: ApiServer, folder: Path, user: Any, **changes: Any) -> dict[str, Any]:
    """A kubeconfig file in ``folder`` with this user; ``changes`` are made to its sections."""
    config = json.loads(server.kubeconfig.read_text())
    config["users"] = [{"name": "admin", "user": user}]
    config["clusters"][0]["cluster"]["certificate-authority"] = str(server.folder / "ca.pem")
    (folder / "kubeconfig").write_text(json.dumps(config | changes))
    return {"kubeconfig": str(folder / "kubeconfig"), "context": "tests"}


def plugin(command: str, *arguments: str, **more: Any) -> dict[str, Any]:
    """A kubeconfig's user that asks a program who it is."""
    api_version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api_version, "command": command, "args": list(arguments), **more}}


def credential(server: ApiServer) -> str:
    return json.dumps({"kind": "ExecCredential", "status": {"token": server.token}})


def with_plugin(server: ApiServer, folder: Path) -> dict[str, Any]:
    program = f"import os, json; json.loads(os.environ['KUBERNETES_EXEC_INFO']); print({credential(server)!r})"
    return kubeconfig(server, folder, plugin(sys.executable, "-c", program))


def with_plugin_beside(server: ApiServer, folder: Path) -> dict[str, Any]:
    (folder / "who").write_text(f"#!/bin/sh\necho '{credential(server)}'\n")
    (folder / "who").chmod(0o700)
    return kubeconfig(server, folder, plugin("./who", env=None))


def with_token_file_beside(server: ApiServer, folder: Path) -> dict[str, Any]:
    (folder / "token").write_text(server.token + "\n")
    return kubeconfig(server, folder, {"tokenFile": "token"})


def with_wrapped_data(server: ApiServer, folder: Path) -> dict[str, Any]:
    pem = {name: (server.folder / f"client.{name}").read_bytes() for name in ("pem", "key")}
    wrapped = {name: base64.encodebytes(data).decode() for name, data in pem.items()}
    return kubeconfig(server, folder, {"client-certificate-data": wrapped["pem"], "client-key-data": wrapped["key"]})


def with_certificate(server: ApiServer, folder: Path) -> dict[str, Any]:
    pem = {name: (server.folder / f"client.{name}").read_text() for name in ("pem", "key")}
    return {
        "endpoint": server.endpoint,
        "ca_certificate": server.ca_certificate,
        "client_certificate": pem["pem"],
        "client_key": pem["key"],
    }


def with_token_file(server: ApiServer, folder: Path) -> dict[str, Any]:
    (folder / "token").write_text(server.token + "\n")
    return {key: value for key, value in server.connection.items() if key != "token"} | {
        "token_file": str(folder / "token")
    }


WAYS: dict[str, Callable[[ApiServer, Path], dict[str, Any]]] = {
    "a token": lambda server, folder: dict(server.connection),
    "a token file": with_token_file,
    "a client certificate": with_certificate,
    "a kubeconfig": lambda server, folder: {"kubeconfig": str(server.kubeconfig)},
    "a credential plugin": with_plugin,
    "a credential plugin beside the kubeconfig": with_plugin_beside,
    "a token file beside the kubeconfig": with_token_file_beside,
    "a kubeconfig with wrapped base64": with_wrapped_data,
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_in(server: ApiServer, tmp_path: Path, way: str) -> None:
    client = ClusterClient.from_connection(WAYS[way](server, tmp_path))
    assert client.get("v1", "Namespace", "default") is not None
    assert server.token not in repr(client.connection)


def test_through_a_proxy(server: ApiServer) -> None:
    with Tunnel().running() as tunnel:
        client = ClusterClient.from_connection(server.connection | {"proxy": tunnel.url})
        assert client.get("v1", "Namespace", "default") is not None
    assert tunnel.targets == [server.endpoint.removeprefix("https://")]


def test_a_proxy_may_ask_for_a_password(server: ApiServer) -> None:
    with Tunnel(user="me:hunter/2").running() as tunnel:
        url = tunnel.url.replace("//", "//me:hunter%2F2@")
        client = ClusterClient.from_connection(server.connection | {"proxy": url})
        assert client.get("v1", "Namespace", "default") is not None
        refused = ClusterClient.from_connection(server.connection | {"proxy": tunnel.url}, retry=Retry(attempts=1))
        with pytest.raises(PlatformError, match=r"through connection\.proxy: .* 407 "):
            refused.get("v1", "Namespace", "default")


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no server there": (
        {"endpoint": "https://127.0.0.1:1"},
        "cannot connect to https://127.0.0.1:1: Connection refused",
    ),
    "another CA": ({"ca_certificate": None}, "certificate of https://.* was refused: .*ca_certificate must hold"),
    "no CA": ({"ca_certificate": "text"}, "connection.ca_certificate: expected PEM certificates"),
    "clear text to elsewhere": ({"endpoint": "http://192.0.2.1"}, "'http://192.0.2.1' is not usable, expected https"),
    "no kubeconfig": ({"kubeconfig": "/nonexistent"}, "connection.kubeconfig: cannot read /nonexistent: No such file"),
    "a wrong token": (
        {"token": "wrong"},
        "GET /api/v1/namespaces/default: 401 Unauthorized.*token or certificate is wrong, or has expired",
    ),
    "two words for a token": ({"token": "a\nb"}, "connection.token: expected one word of printable ASCII.* else$"),
    "no token in it": ({"token": " \n"}, "connection.token: expected one word"),
    "a port that is none": ({"endpoint": "https://127.0.0.1:99999"}, "99999' is not usable, expected https"),
    "a client certificate without its key": (
        {"client_certificate": "text"},
        "connection.client_certificate and connection.client_key: expected both, found only one",
    ),
    "a proxy that is no URL": ({"proxy": "127.0.0.1:3128"}, "connection.proxy: it is not usable, expected http://"),
    "a proxy's port that is none": (
        {"proxy": "http://u:p@127.0.0.1:x"},
        "connection.proxy: it is not usable, expected",
    ),
    "no proxy there": ({"proxy": "http://127.0.0.1:1"}, "through connection.proxy: Connection refused"),
    "a user in the URL": ({"endpoint": "https://u:p@127.0.0.1:1"}, "connection.endpoint: found a user in the URL, exp"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(server: ApiServer, mistake: str) -> None:
    change, message = MISTAKES[mistake]
    with pytest.raises(PlatformError, match=message):
        ClusterClient.from_connection(server.connection | change, retry=Retry(attempts=1)).get(
            "v1", "Namespace", "default"
        )


USERS: dict[str, tuple[Any, str]] = {
    "to be somebody else": ({"token": "x", "as": "nobody"}, "user 'admin' has as, expected only token, tokenFile, "),
    "a password": ({"username": "a", "password": "hunter2"}, "has password, username, expected only token"),
    "a user that is text": ("admin", "user 'admin': expected a dict"),
    "a plugin without a program": ({"exec": "gke-gcloud-auth-plugin"}, "exec.command is missing"),
    "a plugin's variables as a dict": (
        plugin("true", env={"A": "b"}),
        "exec.env: expected a list of dicts of name and",
    ),
    "a plugin that is not there": (
        plugin("/nonexistent/plugin", installHint="Install it."),
        "plugin /nonexistent/plugin did not run: No such file or directory; Install it.",
    ),
    "a plugin that refuses": (
        plugin("sh", "-c", "echo log in first >&2; exit 3"),
        "plugin sh ended with 3 and printed no credential: log in first",
    ),
    "a plugin that says nothing": (plugin("echo", '{"status": null}'), "ended with 0 and printed no credential"),
}


@pytest.mark.parametrize("case", USERS)
def test_a_user_of_a_kubeconfig_that_is_not_usable(server: ApiServer, tmp_path: Path, case: str) -> None:
    user, message = USERS[case]
    with pytest.raises(PlatformError, match=message) as caught:
        ClusterClient.from_connection(kubeconfig(server, tmp_path, user))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("clusters", [5, {"tests": {}}, [{"name": "other", "cluster": {}}]])
def test_a_kubeconfig_without_the_cluster_that_its_context_names(
    server: ApiServer, tmp_path: Path, clusters: Any
) -> None:
    with pytest.raises(PlatformError, match=r"connection\.kubeconfig: .* has no cluster 'tests', found"):
        ClusterClient.from_connection(kubeconfig(server, tmp_path, {"token": 5}, clusters=clusters))


def test_a_token_may_end_its_line(server: ApiServer) -> None:
    client = ClusterClient.from_connection(server.connection | {"token": f"{server.token}\n"})
    assert client.get("v1", "Namespace", "default") is not None


def test_an_expired_token_is_renewed_once_by_all_threads_together(server: ApiServer) -> None:
    renewals = []

    def refresh() -> str:
        renewals.append(1)
        return server.token

    client = ClusterClient.from_connection(server.connection | {"token": "expired"}, refresh=refresh)
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: client.get("v1", "Namespace", "default"), range(24)))
    assert all(found)
    assert len(renewals) == 1


def test_a_token_file_is_read_again(server: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("expired")
    connection = {key: value for key, value in server.connection.items() if key != "token"}
    client = ClusterClient.from_connection(connection | {"token_file": str(file)})
    file.write_text(server.token)
    assert client.get("v1", "Namespace", "default") is not None
    assert client.requests == 2


def named(layer: Harness, name: str) -> dict[str, Any]:
    made = config_map(name)
    made["metadata"]["namespace"] = layer.namespace
    return made


def through(proxy: Proxy, layer: Harness) -> ClusterClient:
    return ClusterClient.from_connection({"endpoint": proxy.endpoint, "token": layer.connection["token"]}, timeout=1.0)


@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if fault.code != 409])
def test_a_creation_whose_answer_is_lost_is_found_again(layer: Harness, proxy: Proxy, fault: str) -> None:
    proxy.arm(FAULTS[fault], at=1)
    made = through(proxy, layer).create(named(layer, "c"))
    assert made["metadata"]["uid"]
    assert proxy.fired


def test_a_creation_over_an_existing_object_is_refused(layer: Harness) -> None:
    layer.client.create(named(layer, "c"))
    with pytest.raises(ApiError, match=r"create ConfigMap .*/c: 409 AlreadyExists"):
        layer.client.create(named(layer, "c"))


def test_a_list_comes_in_pages_and_begins_again_when_its_snapshot_expires(layer: Harness, proxy: Proxy) -> None:
    for place in range(7):
        layer.client.create(named(layer, f"c{place}"))
    expired = Fault(410, status(410, "Expired", "the provided continue parameter is too old"))
    proxy.arm(expired, at=2)
    client = through(proxy, layer)
    found = client.list("v1", "ConfigMap", layer.namespace, page=3)
    assert [obj["metadata"]["name"] for obj in found] == [f"c{place}" for place in range(7)]
    assert {(obj["apiVersion"], obj["kind"]) for obj in found} == {("v1", "ConfigMap")}
    assert client.requests == 2 + 3


def test_deleting(layer: Harness) -> None:
    made = layer.client.create(named(layer, "c"))
    where = ("v1", "ConfigMap", "c", layer.namespace)
    assert layer.client.delete(*where, dry_run=True)
    assert layer.client.get(*where) is not None
    assert layer.client.delete(*where, uid="another"), "the one that was meant is gone"
    assert layer.client.get(*where) is not None
    assert layer.client.delete(*where, uid=made["metadata"]["uid"])
    assert not layer.client.delete(*where)


def test_a_lost_update_is_refused(layer: Harness) -> None:
    made = layer.client.create(named(layer, "c"))
    layer.client.replace(made | {"data": {"a": "1"}})
    with pytest.raises(ApiError) as caught:
        layer.client.replace(made | {"data": {"a": "2"}})
    assert caught.value.status == 409


def test_a_kind_that_appears_later_is_found(layer: Harness) -> None:
    from tests.support.layers import definition

    group = f"{layer.namespace}.example.org"
    with pytest.raises(PlatformError, match="is not served"):
        layer.client.discovery.find(f"{group}/v1", "Late")
    layer.apply(definition(group, "Late"), wait=True)
    fresh = ClusterClient.from_connection(layer.connection)
    assert fresh.list(f"{group}/v1", "Late", layer.namespace) == []
    assert fresh.requests == 2
    layer.apply(state="absent")
