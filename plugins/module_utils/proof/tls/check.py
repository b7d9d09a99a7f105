# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``tls_check``: look at HTTPS endpoints from the controller, all at once."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError, PlatformError
from ansible_collections.pingpong.platform.plugins.module_utils.common.libraries import require
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.certificates import read_chain
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import Endpoint, observe
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.verdicts import PROOF, Expectation, cells_of

WORKERS = 8


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    require("cryptography", "read certificates")
    endpoints = [endpoint_of(f"endpoints[{n}]", entry) for n, entry in enumerate(options["endpoints"])]
    services = [entry.get("service") for entry in options["endpoints"]]
    if any(services) and not options.get("connection"):
        raise OptionError("connection: missing; the address of an endpoint's service is looked up in the cluster")
    expectations = [expectation_of(f"endpoints[{n}]", entry) for n, entry in enumerate(options["endpoints"])]

    def measure() -> Findings:
        client = ClusterClient.from_connection(options["connection"]) if any(services) else None
        located = [
            replace(endpoint, address=service_address(client, service)) if client and service else endpoint
            for endpoint, service in zip(endpoints, services, strict=True)
        ]
        with ThreadPoolExecutor(WORKERS) as pool:
            observations = list(pool.map(observe, located))
        now = datetime.now(UTC)
        cells, certificates = [], []
        for endpoint, expectation, observation in zip(located, expectations, observations, strict=True):
            chain = read_chain(observation.chain, now)
            cells += cells_of(options["cluster"], endpoint, expectation, observation, chain)
            certificates += [{**item, "depth": depth, "seen_at": [endpoint.name]} for depth, item in enumerate(chain)]
        return Findings(cells, {"certificates": certificates, "coverage": {"endpoints": len(endpoints)}})

    return conclude(PROOF, options, measure)


def service_address(client: ClusterClient, service: Mapping[str, Any]) -> str:
    """The address that a Service of type LoadBalancer was given."""
    where = f"Service {service['namespace']}/{service['name']}"
    found = client.get("v1", "Service", service["name"], service["namespace"])
    if found is None:
        raise PlatformError(f"{where} does not exist")
    given = ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    address = next((entry.get("ip") or entry.get("hostname") for entry in given), None)
    if not address:
        raise PlatformError(f"{where} was given no address by its load balancer")
    return str(address)


def endpoint_of(where: str, entry: Mapping[str, Any]) -> Endpoint:
    """An endpoint from its option; the CA as text or as the path of a file."""
    ca = entry.get("ca")
    if entry.get("ca_file"):
        try:
            ca = Path(entry["ca_file"]).read_text()
        except OSError as error:
            raise OptionError(f"{where}.ca_file: cannot read {entry['ca_file']}: {error.strerror}") from None
    if ca is not None:
        try:  # an empty one would mean whoever the system trusts
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=ca)
        except (OSError, ValueError, TypeError) as error:
            raise OptionError(f"{where}.ca: expected certificates in PEM: {error}") from None
    for option in ("port", "plain_port"):
        if entry.get(option) is not None and not 0 < entry[option] < 65536:
            raise OptionError(f"{where}.{option}: found {entry[option]}, expected 1 to 65535")
    if entry["timeout"] <= 0:
        raise OptionError(f"{where}.timeout: found {entry['timeout']:g}, expected more than 0 seconds")
    path = entry["path"]
    if not path.isascii() or not path.isprintable() or " " in path:
        raise OptionError(f'{where}.path: found "{path}", expected ASCII without spaces; write others as %20 and so on')
    server_name = _host(f"{where}.server_name", entry["server_name"])
    return Endpoint(
        name=entry["name"],
        address=_host(f"{where}.address", entry.get("address") or server_name),
        port=entry["port"],
        server_name=server_name,
        ca=ca,
        path=path,
        plain_port=entry.get("plain_port"),
        timeout=entry["timeout"],
    )


def _host(option: str, text: str) -> str:
    """A host as certificates write it: in small ASCII letters, an address in its shortest form."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        name = text.encode("idna").decode().lower()
    except UnicodeError:  # a label is empty or too long
        name = ""
    if not name or not name.isprintable():
        raise OptionError(f'{option}: found "{text}", expected a DNS name or an IP address')
    return name


def expectation_of(where: str, entry: Mapping[str, Any]) -> Expectation:
    """What is expected of an endpoint, from its option."""
    names = entry["names"] or [entry["server_name"]]
    return Expectation(
        names=tuple(_host(f"{where}.names[{n}]", name) for n, name in enumerate(names)),
        min_days=entry["min_days"],
        min_version=entry["min_version"],
        status=entry["status"],
        body=entry.get("body"),
        redirect=entry.get("redirect") if entry.get("plain_port") else None,
        hsts_min_seconds=entry.get("hsts_min_seconds"),
    )
