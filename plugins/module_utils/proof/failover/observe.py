# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one client meets: ask the zone's name server, then the address that it names, over HTTPS."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.model import Sample, Site
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import (
    Answer,
    Endpoint,
    reason,
    verified_answers,
)

with suppress(ImportError):  # see libraries.require
    from dnslib import QTYPE, RCODE, DNSError, DNSRecord

DATAGRAM = 4096


class ClientRequest(NamedTuple):
    """What a client wants: a host, by way of DNS or (``site``) from a site that it asks directly."""

    endpoint: Endpoint
    site: Site | None = None


class Named(NamedTuple):
    """A name server's answer: addresses and for how long, or the error instead."""

    addresses: tuple[str, ...] = ()
    ttl: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A client that keeps nothing: each time it asks the name server itself and makes a new connection.

    ``sites`` are known by the name that their service answers with at ``version_path``; where that is empty, a site
    is known by its address.
    """

    name_server: str
    name_server_port: int
    sites: tuple[Site, ...]
    body: str
    version_path: str

    def sample(self, request: ClientRequest, began: float) -> Sample:
        """One try; nothing is raised for what name servers and endpoints do. ``ended`` counts on from ``began``."""
        start = time.monotonic()
        endpoint, site = request
        named = self.resolve(endpoint.server_name, endpoint.timeout) if site is None else Named((site.address,))
        sample = Sample(
            host=endpoint.server_name,
            began=began,
            ended=began,
            asked=site.name if site else "",
            address=named.addresses[0] if len(named.addresses) == 1 else "",
            ttl=named.ttl,
            error=named.error,
        )
        if len(named.addresses) > 1:
            sample = replace(sample, error=f"{len(named.addresses)} addresses instead of one")
        if not sample.error:
            sample = self._ask(sample, replace(endpoint, address=sample.address))
        return replace(sample, ended=began + time.monotonic() - start)

    def resolve(self, name: str, timeout: float) -> Named:
        """Ask the name server itself over UDP, so that nobody's cache stands between."""
        request = DNSRecord.question(f"{name}.")
        try:
            family, kind, protocol, _unused, target = socket.getaddrinfo(
                self.name_server, self.name_server_port, type=socket.SOCK_DGRAM
            )[0]
            with socket.socket(family, kind, protocol) as connection:
                connection.settimeout(timeout)
                connection.connect(target)  # from then on only this server's packets arrive
                connection.send(request.pack())
                reply = DNSRecord.parse(connection.recv(DATAGRAM))
        except OSError as error:
            return Named(error=f"DNS: {reason(error)}")
        except DNSError:
            return Named(error="DNS: an answer that cannot be read")
        if reply.header.id != request.header.id or reply.q.qname != request.q.qname:
            return Named(error="DNS: an answer to another question")
        if reply.header.rcode:
            return Named(error=f"DNS: {RCODE.get(reply.header.rcode)}")
        records = [record for record in reply.rr if record.rtype == QTYPE.A]
        if not records:
            return Named(error="DNS: no address")
        return Named(tuple(str(record.rdata) for record in records), min(int(record.ttl) for record in records))

    def _ask(self, sample: Sample, endpoint: Endpoint) -> Sample:
        _unused, answers = verified_answers(endpoint, *self.paths(endpoint))
        return self.judged(sample, answers)

    def paths(self, endpoint: Endpoint) -> list[str]:
        """What is asked for at an endpoint, in the order in which ``judged`` takes the answers."""
        return [endpoint.path, *([self.version_path] if self.version_path else [])]

    def judged(self, sample: Sample, answers: Sequence[Answer]) -> Sample:
        """The sample with what its address answered: who served, or what was wrong."""
        first = answers[0]
        if first.error is not None:
            return replace(sample, error=first.error)
        if (first.status, first.body.strip()) != (200, self.body):
            return replace(sample, error=f"HTTP {first.status}")
        here = next((site for site in self.sites if site.address == sample.address), None)
        if not self.version_path:
            return replace(sample, site=here.name) if here else replace(sample, error="served at an unknown address")
        cluster = _cluster_in(answers[1])
        site = next((site for site in self.sites if site.cluster_name == cluster), None)
        if site is None or site != here:
            return replace(sample, error=f"served by {cluster or 'nobody that says who it is'}")
        return replace(sample, site=site.name)


def _cluster_in(answer: Answer) -> str:
    """The cluster that a version names; empty where it names none."""
    with suppress(ValueError):
        version = json.loads(answer.body)
        if answer.status == 200 and isinstance(version, Mapping):
            return str(version.get("cluster") or "")
    return ""
