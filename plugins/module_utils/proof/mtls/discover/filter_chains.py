# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a pod's proxy chooses its inbound filter chains by, read from its own configuration."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.exec_retry import (
    UNREADABLE,
    exec_with_retry,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import PROXY, MeshPod

WORKERS = 8
DUMP = ("pilot-agent", "request", "GET", "config_dump?resource=dynamic_listeners")
DUMP_TIMEOUT = 20.0
INBOUND = 15006


@dataclass(frozen=True, slots=True)
class FilterChain:
    """The part of a chain's match that a client's offer decides; ``port`` None is every port."""

    port: int | None
    protocols: tuple[str, ...]
    server_names: tuple[str, ...]


def read_filter_chains(client: ClusterClient, pods: Sequence[MeshPod]) -> dict[str, tuple[FilterChain, ...]]:
    """Each pod's inbound filter chains by its address; none where its proxy does not show them.

    They only add to what is offered, so that a proxy that shows nothing is called like any other.
    """

    def read(pod: MeshPod) -> tuple[FilterChain, ...]:
        program = partial(client.exec, pod.workload.namespace, pod.name, PROXY, DUMP, timeout=DUMP_TIMEOUT)
        with contextlib.suppress(*UNREADABLE):
            return exec_with_retry(program, lambda _code, output, _errors: parse_dump(json.loads(output)), attempts=2)
        return ()

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip([pod.address for pod in pods], pool.map(read, pods), strict=True))


def parse_dump(dump: Mapping[str, Any]) -> tuple[FilterChain, ...]:
    """The chains of the inbound listener that a client's offer decides about."""
    found = []
    for config in dump.get("configs") or []:
        listener = ((config.get("active_state") or {}).get("listener")) or {}
        address = ((listener.get("address") or {}).get("socket_address")) or {}
        if address.get("port_value") == INBOUND:
            for chain in listener.get("filter_chains") or []:
                match = chain.get("filter_chain_match") or {}
                protocols = tuple(match.get("application_protocols") or ())
                names = tuple(match.get("server_names") or ())
                if protocols or names:
                    found.append(FilterChain(match.get("destination_port"), protocols, names))
    return tuple(dict.fromkeys(found))
