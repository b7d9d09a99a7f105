# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sinks that the options of a certificate name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.atomic import Access, parse_access
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Sink
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.files import PemFiles, Pkcs12File
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import Api, SecretSink


def make_sinks(
    option: str, name: str, entries: Sequence[Mapping[str, Any]], api: Callable[[], Api], labels: Mapping[str, str]
) -> list[Sink]:
    """One sink for each entry of ``sinks``; ``name`` is the certificate's, ``api`` is asked only for Secrets."""
    return [_make(f"{option}[{index}]", name, entry, api, labels) for index, entry in enumerate(entries)]


def _make(option: str, name: str, entry: Mapping[str, Any], api: Callable[[], Api], labels: Mapping[str, str]) -> Sink:
    if entry.get("secret"):
        secret = entry["secret"]
        return SecretSink(
            api(), secret["namespace"], secret["name"], secret.get("type") or "tls", labels, secret.get("fields") or {}
        )
    if entry.get("files"):
        files = entry["files"]
        chain = Path(files["chain"]) if files.get("chain") else None
        return PemFiles(Path(files["certificate"]), Path(files["key"]), chain, _access(f"{option}.files", files))
    store = entry["pkcs12"]
    if not store["passphrase"]:
        raise OptionError(f"{option}.pkcs12.passphrase: found an empty one, expected at least one character")
    friendly = store.get("friendly_name") or name
    return Pkcs12File(Path(store["file"]), store["passphrase"], friendly, _access(f"{option}.pkcs12", store))


def _access(option: str, options: Mapping[str, Any]) -> Access:
    return parse_access(option, options.get("owner"), options.get("group"), options.get("mode"))
