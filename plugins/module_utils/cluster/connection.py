# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How to reach a cluster: from the fact ``cluster_connection``, or from a kubeconfig file."""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.bearer import sendable
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import load_all
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EXEC_TIMEOUT = 60.0


@dataclass(frozen=True)
class Credential:
    """Who we are to the API server; PEM texts, never paths. ``repr`` shows none of it."""

    token: str | None = field(default=None, repr=False)
    client_certificate: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)
    token_file: str | None = None
    plugin: Mapping[str, Any] | None = field(default=None, repr=False)

    def current(self) -> Credential:
        """The credential with a token to use now: from the file or the credential plugin where one is named."""
        if self.plugin is not None:
            return _run_plugin(self.plugin)
        if self.token_file is not None:
            return Credential(token=_read(self.token_file, "token_file").strip(), token_file=self.token_file)
        return self

    @property
    def renewable(self) -> bool:
        """Whether ``current`` may bring another token than the last time."""
        return self.plugin is not None or self.token_file is not None


@dataclass(frozen=True)
class Connection:
    """An API server and the way to it; ``endpoint`` is ``https://host:port`` (http only on loopback)."""

    endpoint: str
    ca_certificate: str | None = None
    credential: Credential = field(default_factory=Credential)
    proxy: str | None = None
    server_name: str | None = None

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> Connection:
        """From the option ``connection``; an OptionError says which part is missing or wrong."""
        given = {key: value for key, value in options.items() if value is not None}
        if "kubeconfig" in given:
            return cls.from_kubeconfig(str(given["kubeconfig"]), given.get("context"), given.get("proxy"))
        if "endpoint" not in given:
            raise OptionError(f"connection: needs endpoint or kubeconfig, found only {sorted(given) or 'nothing'}")
        return cls(
            endpoint=_checked_url(str(given["endpoint"]), "connection.endpoint"),
            ca_certificate=given.get("ca_certificate"),
            credential=Credential(
                token=given.get("token"),
                client_certificate=given.get("client_certificate"),
                client_key=given.get("client_key"),
                token_file=given.get("token_file"),
            ),
            proxy=given.get("proxy"),
        )

    @classmethod
    def from_kubeconfig(cls, path: str, context: str | None = None, proxy: str | None = None) -> Connection:
        """From a context (default: the current one) of a kubeconfig file."""
        file = Path(path).expanduser()
        try:
            documents = load_all(_read(str(file), "connection.kubeconfig"))
        except ValueError as error:
            raise OptionError(f"connection.kubeconfig: {path}: {error}") from None
        config = documents[0] if documents and isinstance(documents[0], dict) else {}
        name = context or config.get("current-context")
        if not name:
            raise OptionError(f"connection.context: {path} has no current context and none was given")
        chosen = _entry(config, "contexts", "context", str(name), path)
        cluster = _entry(config, "clusters", "cluster", str(chosen.get("cluster")), path)
        user = _entry(config, "users", "user", str(chosen.get("user")), path) if chosen.get("user") else {}
        if cluster.get("insecure-skip-tls-verify"):
            raise OptionError(
                f"connection.kubeconfig: {path} skips the verification of the server; give its CA instead"
            )
        return cls(
            endpoint=_checked_url(str(cluster.get("server")), f"connection.kubeconfig: {path}: server"),
            ca_certificate=_inline(cluster, "certificate-authority", file),
            credential=Credential(
                token=user.get("token"),
                token_file=user.get("tokenFile"),
                client_certificate=_inline(user, "client-certificate", file),
                client_key=_inline(user, "client-key", file),
                plugin=user.get("exec"),
            ),
            proxy=proxy or cluster.get("proxy-url"),
            server_name=cluster.get("tls-server-name"),
        )


def _checked_url(url: str, option: str) -> str:
    expected = "expected https://host:port (http only on loopback)"
    if "@" in url:
        raise OptionError(f"{option}: found a user in the URL, {expected}")
    try:
        parts = urlsplit(url)
        usable = parts.port != 0 and (
            (parts.scheme == "https" and parts.hostname) or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        usable = False
    if not usable:
        raise OptionError(f"{option}: {url!r} is not usable, {expected}")
    return url.rstrip("/")


def checked_token(token: str | None) -> str | None:
    """The token without the line end that files give it; an OptionError when no header can carry it."""
    if token is None:
        return None
    text = sendable(token)
    if text is None:
        raise OptionError("connection.token: expected one word of printable ASCII characters, found something else")
    return text


def _read(path: str, option: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{option}: cannot read {path}: {getattr(error, 'strerror', None) or 'not text'}") from None


def _entry(config: Mapping[str, Any], section: str, key: str, name: str, path: str) -> dict[str, Any]:
    entries = [item for item in config.get(section) or [] if isinstance(item, dict)]
    for item in entries:
        if item.get("name") == name:
            return dict(item.get(key) or {})
    names = sorted(str(item.get("name")) for item in entries)
    raise OptionError(f"connection.kubeconfig: {path} has no {key} {name!r}, found {names}")


def _inline(entry: Mapping[str, Any], key: str, file: Path) -> str | None:
    """PEM text from ``<key>-data`` (base64) or from the file ``<key>``, which is relative to the kubeconfig."""
    if entry.get(f"{key}-data"):
        try:
            return base64.b64decode(str(entry[f"{key}-data"]), validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            raise OptionError(f"connection.kubeconfig: {file}: {key}-data is not base64 of PEM text") from None
    if entry.get(key):
        return _read(str(file.parent / str(entry[key])), f"connection.kubeconfig: {key}")
    return None


def _run_plugin(plugin: Mapping[str, Any]) -> Credential:
    """Ask a credential plugin (``users[].user.exec``, e.g. gke-gcloud-auth-plugin) for an ExecCredential."""
    command = [str(plugin.get("command")), *(str(argument) for argument in plugin.get("args") or [])]
    environment = dict(os.environ)
    environment.update({item["name"]: str(item["value"]) for item in plugin.get("env") or []})
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(
        {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    )
    try:
        # No module's run_command: this runs in the controller too. pylint: disable-next=ansible-bad-function
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_EXEC_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PlatformError(f"the credential plugin {command[0]} did not run: {type(error).__name__}") from None
    try:
        status = json.loads(done.stdout)["status"]
    except (ValueError, KeyError, TypeError):
        raise PlatformError(
            f"the credential plugin {command[0]} ended with {done.returncode} and printed no ExecCredential"
        ) from None
    return Credential(
        token=status.get("token"),
        client_certificate=status.get("clientCertificateData"),
        client_key=status.get("clientKeyData"),
        plugin=plugin,
    )
