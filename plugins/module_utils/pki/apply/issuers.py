# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where the authority that signs a certificate comes from: files, a Secret, Secret Manager, a value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.pki import bundles, keys
from ansible_collections.pingpong.platform.plugins.module_utils.pki.certificates import Issued, load_certificates
from ansible_collections.pingpong.platform.plugins.module_utils.pki.renewal import Damaged
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks import atomic
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.factory import Backends
from ansible_collections.pingpong.platform.plugins.module_utils.pki.sinks.secrets import FIELDS, Api, decode

# Each source of an authority, and what it needs beside it.
_SOURCES = {"ref": None, "secret": None, "secret_manager": None, "certificate_file": "key_file", "certificate": "key"}


def parse_issuer(option: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The option ``issuer`` without empty suboptions; nothing for a self-signed certificate. Raises OptionError."""
    found = {name: value for name, value in (options or {}).items() if value not in (None, "")}
    complete = [name for name, other in _SOURCES.items() if name in found and (other is None or other in found)]
    if options is not None and not complete:
        raise OptionError(
            f"{option}: found {', '.join(sorted(found)) or 'nothing'}, expected ref, secret, secret_manager, "
            "certificate_file with key_file, or certificate with key; leave it out for a self-signed certificate"
        )
    return found


def load_issuer(option: str, options: Mapping[str, Any], backends: Backends) -> Issued:
    """The authority that ``options`` name (anything but ``ref``); it must come with its key."""
    passphrase = options.get("passphrase")
    secret = options.get("secret")
    if secret:
        return _usable(option, _from_secret(backends.kubernetes(), secret["namespace"], secret["name"]))
    if options.get("secret_manager"):
        versions = backends.secret_manager(f"{option}.secret_manager", options["secret_manager"]["name"])
        data = versions.read()
        return _usable(option, None if data is None else bundles.from_pem(versions.path, data))
    if options.get("certificate_file"):
        return _from_pem(
            option,
            _file(f"{option}.certificate_file", options["certificate_file"]),
            _file(f"{option}.key_file", options["key_file"]),
            passphrase,
        )
    return _from_pem(option, options["certificate"].encode(), options["key"].encode(), passphrase)


def _from_pem(option: str, certificate: bytes, key: bytes, passphrase: str | None) -> Issued:
    chain = load_certificates(f"{option} certificate", certificate)
    private = keys.load_key(f"{option} key", key, passphrase.encode() if passphrase else None)
    return _usable(option, bundles.paired("it", chain[0], private, chain[1:]))


def _from_secret(api: Api, namespace: str, name: str) -> Issued | Damaged | None:
    found = api.get("v1", "Secret", name, namespace)
    if found is None:
        return None
    data = decode(found)
    layout = "cacerts" if bundles.MESH_KEY in data else "tls"
    return bundles.read_fields(f"Secret {namespace}/{name}", data, FIELDS[layout])


def _file(option: str, path: str) -> bytes:
    data = atomic.read(Path(path))
    if data is None:
        raise PlatformError(f"{option}: found no file {path}, expected the authority's PEM")
    return data


def _usable(option: str, held: Issued | Damaged | None) -> Issued:
    if held is None:
        raise PlatformError(f"{option}: found no certificate with its key there, expected the authority's")
    if isinstance(held, Damaged):
        raise PlatformError(f"{option}: {held.problem}")
    return held
