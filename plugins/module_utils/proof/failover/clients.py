# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The clients of a drill or a switch-over as options describe them: who serves, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.keep_alive import KeepAliveClient
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Sample, Site
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.observe import Client, ClientRequest
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.sampler import Sampler
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.check import endpoint_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import Endpoint

# A keep-alive client asks as much less often: a site meets fresh clients, direct ones and this one.
KEEP_ALIVE_INTERVALS = 2


class Clients:
    """All clients of a drill or a switch-over while entered: fresh ones, and one a host that keeps its connection."""

    def __init__(self, options: Mapping[str, Any], sites: Sequence[Site]) -> None:
        endpoints = endpoints_of(options)
        client = client_of(options, sites)
        self.sampler = sampler_of(options, client, endpoints, sites)
        self.kept = [
            KeepAliveClient(client, endpoint, options["interval"] * KEEP_ALIVE_INTERVALS, self.sampler.now)
            for endpoint in endpoints
        ]
        self._running = ExitStack()

    def __enter__(self) -> Clients:
        self._running.enter_context(self.sampler)
        for client in self.kept:
            self._running.enter_context(client)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def keep_alive(self) -> tuple[Sample, ...]:
        """The requests of those that keep their connection."""
        return tuple(sample for client in self.kept for sample in client.samples())

    def connections(self) -> dict[str, int]:
        """How many connections each host's keep-alive client has made."""
        return {client.endpoint.server_name: client.connections for client in self.kept}

    def all_connected(self) -> bool:
        """Whether every keep-alive client has asked, so that what happens next finds it connected."""
        return all(client.samples() for client in self.kept)


def sites_of(options: Mapping[str, Any]) -> tuple[Site, tuple[Site, ...]]:
    """The site of ``cluster`` and the others; an OptionError where clients could not tell them apart."""
    sites = [Site(entry["name"], entry["address"], entry["cluster_name"]) for entry in options["sites"]]
    chosen = next((site for site in sites if site.name == options["cluster"]), None)
    if chosen is None:
        names = ", ".join(site.name for site in sites)
        raise OptionError(f"cluster: found {options['cluster']!r}, expected the name of one of sites: {names}")
    if len({site.address for site in sites}) < max(2, len(sites)):
        raise OptionError("sites: expected at least two, each with an address of its own")
    for key in ("name", "cluster_name"):
        if len({entry[key] for entry in options["sites"]}) < len(sites):
            raise OptionError(f"sites: expected each with a {key} of its own: who serves is known by it")
    if not options["hosts"]:
        raise OptionError("hosts: expected at least one: without clients nobody sees who serves")
    for key in ("interval", "timeout", "in_a_row"):
        if options[key] <= 0:
            raise OptionError(f"{key}: found {options[key]:g}, expected more than 0")
    return chosen, tuple(site for site in sites if site is not chosen)


def endpoints_of(options: Mapping[str, Any]) -> list[Endpoint]:
    """What clients of each host ask for; the address is whatever DNS names."""
    return [
        endpoint_of(f"hosts[{number}]", {**options, "name": host, "server_name": host})
        for number, host in enumerate(options["hosts"])
    ]


def client_of(options: Mapping[str, Any], sites: Sequence[Site]) -> Client:
    """A client of the zone's own name server that knows the sites."""
    return Client(
        options["name_server"], options["name_server_port"], tuple(sites), options["body"], options["version_path"]
    )


def sampler_of(
    options: Mapping[str, Any], client: Client, endpoints: Sequence[Endpoint], sites: Sequence[Site]
) -> Sampler:
    """Clients of each host that follow DNS, and some that ask each site directly."""
    requests = [ClientRequest(endpoint, site) for endpoint in endpoints for site in (None, *sites)]
    return Sampler(client.sample, requests, options["interval"], options["timeout"])
