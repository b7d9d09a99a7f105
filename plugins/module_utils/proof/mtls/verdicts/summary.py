# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What else a run of probes shows: coverage, open ports, certificates and their end, the floor of TLS."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.certificates import read_chain
from ansible_collections.pingpong.platform.plugins.module_utils.proof.exchange import Exchange
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.discover.topology import Topology
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.observe.observation import Observation
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.verdicts.cells import PROOF
from ansible_collections.pingpong.platform.plugins.module_utils.proof.workloads import workloads_of


def certificates_seen(observation: Observation, now: datetime) -> list[dict[str, Any]]:
    """Every certificate that servers presented, once each, with where it was seen, the earliest end first."""
    seen: dict[str, dict[str, Any]] = {}
    for attempt, exchange in observation.pairs:
        for depth, certificate in enumerate(read_chain(exchange.chain, now)):
            where = attempt.target.workload.reference if depth == 0 else "mesh CA"
            entry = seen.setdefault(certificate["fingerprint"], {**certificate, "depth": depth, "seen_at": []})
            if where not in entry["seen_at"]:
                entry["seen_at"].append(where)
    return sorted(seen.values(), key=lambda entry: str(entry["not_after"]))


def malformed_cells(cluster: str, observation: Observation, now: datetime) -> list[Cell]:
    """A cell for each workload that presented a malformed certificate: when its chain ends is not known."""
    malformed = {
        attempt.target.workload.reference
        for attempt, exchange in observation.pairs
        if exchange.chain and not read_chain(exchange.chain, now)
    }
    return [
        Cell(
            proof=PROOF,
            cluster=cluster,
            source="",
            target=target,
            case="authority_expiry",
            expected="a chain of certificates",
            observed="a certificate that is malformed",
            verdict="inconclusive",
        )
        for target in sorted(malformed)
    ]


def authority_cells(cluster: str, certificates: Iterable[dict[str, Any]], min_days: float) -> list[Cell]:
    """A cell for each CA certificate of the mesh: it must not end before somebody can act."""
    return [
        Cell(
            proof=PROOF,
            cluster=cluster,
            source="",
            target=f"CA {entry['subject'] or entry['serial']}",
            case="authority_expiry",
            expected=f"at least {min_days:g} days left",
            observed=f"{entry['days_left']:g} days left",
            verdict="pass" if entry["days_left"] >= min_days else "fail",
            evidence=entry,
        )
        for entry in certificates
        if entry["depth"] > 0
    ]


def coverage(topology: Topology, observation: Observation) -> dict[str, Any]:
    """How much of the mesh was probed: pairs of workloads, pods and ports, of all there are."""
    targets, attempts = len(workloads_of(topology.pods)), observation.attempts
    callers = targets - 1 + sum(len(workloads) for workloads in topology.across.values())
    called = {(a.cluster, a.source, a.target.workload) for a in attempts if a.source and a.judged}
    pairs = {pair for pair in called if pair[0] or pair[1] != pair[2]}  # what a workload asks of itself is no pair
    reached = {
        attempt.target.name for attempt, exchange in observation.pairs if exchange.connected and not attempt.run_in
    }
    return {
        "pairs": {"probed": len(pairs), "total": targets * callers},
        "pods": {"probed": len(reached), "total": len(topology.pods)},
        "ports": len({(attempt.target.name, attempt.port) for attempt in attempts}),
        "probes": len(attempts),
    }


def floors(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """The oldest TLS version that brought an answer, and every cipher that was agreed on."""
    answered = [exchange for exchange in exchanges if exchange.tls_version and exchange.bytes_received]
    versions = sorted({exchange.tls_version or "" for exchange in answered})
    return {
        "protocol_floor": versions[0] if versions else None,
        "ciphers": sorted({exchange.cipher or "" for exchange in answered}),
    }


def permissive_ports(observation: Observation) -> list[str]:
    """Ports that answered a caller who presented nothing, whether or not an exception covers them."""
    return sorted(
        {
            f"{attempt.target.workload.reference}:{attempt.port}"
            for attempt, exchange in observation.pairs
            if attempt.case.presents == "nothing" and exchange.bytes_received > 0
        }
    )
