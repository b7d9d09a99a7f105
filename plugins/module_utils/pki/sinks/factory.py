# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The sinks that the options of a certificate name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.atomic import EVERYONE, parse_access
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.base import Sink
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.files import PemFiles, Pkcs12File
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import FIELDS, Api, SecretSink

if TYPE_CHECKING:
    from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import SecretVersions

_FIELD = re.compile(r"[A-Za-z0-9._-]{1,253}")


@dataclass(frozen=True, slots=True)
class Backends:
    """What is called when a certificate is first kept there: a cluster's API, and a secret by its option and name."""

    kubernetes: Callable[[], Api]
    secret_manager: Callable[[str, str], SecretVersions]


def make_sinks(
    option: str, name: str, entries: Sequence[Mapping[str, Any]], backends: Backends, labels: Mapping[str, str]
) -> list[Sink]:
    """One sink for each entry of ``sinks``; ``name`` is the certificate's."""
    return [_make(f"{option}[{index}]", name, entry, backends, labels) for index, entry in enumerate(entries)]


def _make(option: str, name: str, entry: Mapping[str, Any], backends: Backends, labels: Mapping[str, str]) -> Sink:
    if entry.get("secret"):
        return _secret(f"{option}.secret", entry["secret"], backends.kubernetes, labels)
    if entry.get("secret_manager"):
        # Imported here: it comes with the cloud's client, which most tasks have no use for.
        from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secret_manager import (
            SecretManagerSink,
        )

        return SecretManagerSink(backends.secret_manager(f"{option}.secret_manager", entry["secret_manager"]["name"]))
    if entry.get("files"):
        return _files(f"{option}.files", entry["files"])
    store = entry["pkcs12"]
    if not store["passphrase"]:
        raise OptionError(f"{option}.pkcs12.passphrase: found an empty one, expected at least one character")
    access = parse_access(f"{option}.pkcs12", store.get("owner"), store.get("group"), store.get("mode"))
    return Pkcs12File(Path(store["file"]), store["passphrase"], store.get("friendly_name") or name, access)


def _secret(option: str, secret: Mapping[str, Any], api: Callable[[], Api], labels: Mapping[str, str]) -> SecretSink:
    kind, fields = secret.get("type") or "tls", secret.get("fields") or {}
    known = FIELDS[kind]
    for name, other in fields.items():
        if name not in known:
            raise OptionError(f'{option}.fields: found "{name}", expected of {", ".join(known)}')
        if not isinstance(other, str) or not _FIELD.fullmatch(other):
            raise OptionError(f'{option}.fields.{name}: found "{other}", expected letters, digits, "-", "_" and "."')
    names = [fields.get(name, name) for name in known]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise OptionError(f'{option}.fields: found "{twice}" twice, expected a name of its own for each field')
    return SecretSink(api(), secret["namespace"], secret["name"], kind, labels, fields)


def _files(option: str, files: Mapping[str, Any]) -> PemFiles:
    owner, group, mode = files.get("owner"), files.get("group"), files.get("mode")
    access = parse_access(option, owner, group, mode)
    own = files.get("key_mode")
    key = parse_access(option, owner, group, own, "key_mode") if own is not None else access
    if key.mode & EVERYONE:
        field = "mode" if own is None else "key_mode"
        raise OptionError(
            f"{option}.{field}: found {key.mode:04o}, which gives the key to every user of the machine; expected "
            'nothing for others, such as "0640" (key_mode is the mode of the key alone)'
        )
    chain = Path(files["chain"]) if files.get("chain") else None
    return PemFiles(Path(files["certificate"]), Path(files["key"]), chain, access, key)
