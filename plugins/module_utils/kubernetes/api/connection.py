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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.pingpong.platform.plugins.module_utils.common.bearer import valid_token
from ansible_collections.pingpong.platform.plugins.module_utils.common.documents import load_all
from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EXEC_TIMEOUT = 60.0
_SAID = 500
# What a kubeconfig's user may say and would be passed over in silence: who we are would be somebody else.
_UNSUPPORTED = ("as", "as-groups", "as-uid", "as-user-extra", "auth-provider", "password", "username")


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
            status = _run_plugin(self.plugin)
            return replace(
                self,
                token=status.get("token"),
                client_certificate=status.get("clientCertificateData"),
                client_key=status.get("clientKeyData"),
            )
        if self.token_file is not None:
            return replace(self, token=_read(self.token_file, "connection.token_file").strip())
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
        passed_over = [key for key in _UNSUPPORTED if user.get(key)]
        if passed_over:
            raise OptionError(
                f"connection.kubeconfig: {path}: user {chosen['user']!r} has {', '.join(passed_over)}, expected only "
                "token, tokenFile, client-certificate and client-key, or exec"
            )
        if cluster.get("insecure-skip-tls-verify"):
            raise OptionError(
                f"connection.kubeconfig: {path} skips the verification of the server; give its CA instead"
            )
        return cls(
            endpoint=_checked_url(str(cluster.get("server")), f"connection.kubeconfig: {path}: server"),
            ca_certificate=_inline(cluster, "certificate-authority", file),
            credential=Credential(
                token=str(user["token"]) if user.get("token") else None,
                token_file=str(file.parent / str(user["tokenFile"])) if user.get("tokenFile") else None,
                client_certificate=_inline(user, "client-certificate", file),
                client_key=_inline(user, "client-key", file),
                plugin=_plugin(user["exec"], file) if user.get("exec") else None,
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
    text = valid_token(token)
    if text is None:
        raise OptionError("connection.token: expected one word of printable ASCII characters, found something else")
    return text


def _read(path: str, option: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{option}: cannot read {path}: {getattr(error, 'strerror', None) or 'not text'}") from None


def _entry(config: Mapping[str, Any], section: str, key: str, name: str, path: str) -> dict[str, Any]:
    given = config.get(section)
    entries = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    for item in entries:
        if str(item.get("name")) == name:
            entry = item.get(key) or {}
            if not isinstance(entry, dict):
                raise OptionError(f"connection.kubeconfig: {path}: {key} {name!r}: expected a dict")
            return entry
    names = sorted(str(item.get("name")) for item in entries)
    raise OptionError(f"connection.kubeconfig: {path} has no {key} {name!r}, found {names}")


def _inline(entry: Mapping[str, Any], key: str, file: Path) -> str | None:
    """PEM text from ``<key>-data`` (base64) or from the file ``<key>``, which is relative to the kubeconfig."""
    if entry.get(f"{key}-data"):
        try:
            # kubectl passes over the line ends of wrapped text, too.
            text = "".join(str(entry[f"{key}-data"]).split())
            return base64.b64decode(text, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            raise OptionError(f"connection.kubeconfig: {file}: {key}-data is not base64 of PEM text") from None
    if entry.get(key):
        return _read(str(file.parent / str(entry[key])), f"connection.kubeconfig: {key}")
    return None


def _plugin(entry: Any, file: Path) -> Mapping[str, Any]:
    """A credential plugin (``users[].user.exec``); a path to its program is relative to the kubeconfig."""
    plugin = entry if isinstance(entry, dict) else {}
    command, variables = plugin.get("command"), plugin.get("env") or []
    if not isinstance(command, str) or not command:
        raise OptionError(f"connection.kubeconfig: {file}: exec.command is missing")
    if not isinstance(variables, list) or not all(
        isinstance(one, dict) and {"name", "value"} <= set(one) for one in variables
    ):
        raise OptionError(f"connection.kubeconfig: {file}: exec.env: expected a list of dicts of name and value")
    return {**plugin, "command": str(file.parent / command) if os.sep in command else command}


def _run_plugin(plugin: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask a credential plugin, such as gke-gcloud-auth-plugin; the status of the ExecCredential that it prints."""
    command = [plugin["command"], *(str(argument) for argument in plugin.get("args") or [])]
    environment = dict(os.environ)
    environment.update({str(item["name"]): str(item["value"]) for item in plugin.get("env") or []})
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(
        {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": {"interactive": False}}
    )
    try:
        # No module's run_command: this runs in the controller too. pylint: disable-next=ansible-bad-function
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_EXEC_TIMEOUT, check=False)
    except OSError as error:
        hint = f"; {plugin['installHint']}" if plugin.get("installHint") else ""
        raise PlatformError(f"the credential plugin {command[0]} did not run: {error.strerror}{hint}") from None
    except subprocess.TimeoutExpired:
        raise PlatformError(f"the credential plugin {command[0]} did not end in {_EXEC_TIMEOUT:g} seconds") from None
    try:
        status = json.loads(done.stdout)["status"]
        usable = isinstance(status, dict) and (status.get("token") or status.get("clientCertificateData"))
    except (ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        said = done.stderr.decode("utf-8", "replace").strip()[-_SAID:]
        raise PlatformError(
            f"the credential plugin {command[0]} ended with {done.returncode} and printed no credential"
            + (f": {said}" if said else "")
        )
    return dict(status)
