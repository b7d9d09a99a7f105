# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The live clusters and node pools against what was promised: control planes, hardening, logging. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.cloud.paths import get
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cells import Cell
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.model import (
    Answers,
    Live,
    Promise,
    cluster_of,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.bench import Bench
from ansible_collections.pingpong.platform.plugins.module_utils.proof.cloud.verdicts.rules import (
    CLUSTER,
    POOL,
    Rule,
    equals,
    shown,
)

_COMPUTE_DEFAULT = "-compute@developer.gserviceaccount.com"
_IP = "controlPlaneEndpointsConfig.ipEndpointsConfig"


def cells(bench: Bench, answers: Answers, promise: Promise) -> Iterator[Cell]:
    """All cells of every live cluster, and a failure for each that is not declared, or declared and not live."""
    answer = answers.of("clusters")
    declared = {str(entry["name"]): entry for entry in promise.clusters}
    live = {str(item["name"]) for item in answer.items}
    found = [(cluster_of(item), str(item.get("status")), "the inventory declares no such cluster")
             for item in answer.items if item["name"] not in declared]  # fmt: skip
    yield from bench.none_of(answer, "clusters", "undeclared", found)
    if answer.unread:
        return
    for name in sorted(declared.keys() - live):
        yield bench.holds(False, "nothing", f"cluster {name}", "live", "a cluster", "the inventory declares it")
    for item in answer.items:
        yield from _cluster(bench, item, declared.get(str(item["name"]), {}))


def _cluster(bench: Bench, live: Live, declared: Mapping[str, Any]) -> Iterator[Cell]:
    target = cluster_of(live)
    yield from _endpoints(bench, live, declared)
    for rule in (*CLUSTER, *_declared_rules(declared)):
        yield _rule(bench, rule, live, target)
    for case, path in (("logging", "loggingConfig"), ("monitoring", "monitoringConfig")):
        promised = declared.get(case)
        if promised is not None:
            components = get(live, f"{path}.componentConfig.enableComponents") or []
            lacking = [name for name in promised if name not in components]
            yield bench.holds(not lacking, ", ".join(components) or "nothing", target, case, ", ".join(promised),
                              f"{', '.join(lacking)} would leave no trace")  # fmt: skip
    pools = live.get("nodePools") or []
    if declared.get("pools") is not None:
        extra = sorted({str(pool["name"]) for pool in pools} - set(declared["pools"]))
        why = f"{', '.join(extra)}: nobody declares such a pool"
        yield bench.holds(not extra, ", ".join(extra) or "none", target, "undeclared pools", "none", why)
    for pool in pools:
        yield from _pool(bench, pool, f"node_pool {target.partition(' ')[2]}/{pool['name']}", declared)


def _endpoints(bench: Bench, live: Live, declared: Mapping[str, Any]) -> Iterator[Cell]:
    """Who may knock at the control plane: by its address, from which networks, and by its name."""
    target = cluster_of(live)
    public = get(live, f"{_IP}.enablePublicEndpoint")
    if public is None:
        public = not get(live, "privateClusterConfig.enablePrivateEndpoint")
    public = bool(public) and get(live, f"{_IP}.enabled") is not False
    promised = bool(declared.get("public_endpoint"))
    yield bench.holds(promised or not public, "public" if public else "private", target, "public endpoint",
                      "public or private" if promised else "private",
                      "the API server has an address on the internet that nobody declares")  # fmt: skip
    networks = get(live, f"{_IP}.authorizedNetworksConfig") or live.get("masterAuthorizedNetworksConfig") or {}
    blocks = [str(block.get("cidrBlock")) for block in networks.get("cidrBlocks") or ()]
    observed = ", ".join(blocks) or "none" if networks.get("enabled") else "not restricted"
    wrong = _wrongly_authorized(networks, blocks, declared.get("authorized_networks"), public)
    expected = ", ".join(declared.get("authorized_networks") or ()) or "declared networks"
    yield bench.holds(not wrong, observed, target, "authorized networks", expected, wrong)
    outside = bool(get(live, "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic"))
    named = bool(declared.get("dns_endpoint"))
    yield bench.holds(named or not outside, "open to the internet" if outside else "closed", target, "DNS endpoint",
                      "open or closed" if named else "closed",
                      "its name is answered outside of the network, and nobody declares that")  # fmt: skip


def _wrongly_authorized(
    networks: Mapping[str, Any], blocks: Sequence[str], declared: Sequence[str] | None, public: bool
) -> str:
    """Why the authorized networks are not as they were promised; empty when they are."""
    if not networks.get("enabled"):
        return "any address that reaches the control plane may talk to it"
    everybody = [block for block in blocks if ipaddress.ip_network(block, strict=False).prefixlen == 0]
    if everybody:
        return f"{', '.join(everybody)} is everybody"
    if public and networks.get("gcpPublicCidrsAccessEnabled"):
        return "every machine of Google Cloud's customers is admitted"
    extra = [block for block in blocks if declared is not None and block not in declared]
    return f"{', '.join(extra)} is not declared" if extra else ""


def _declared_rules(declared: Mapping[str, Any]) -> Iterator[Rule]:
    """The rules whose value the inventory chooses."""
    channel, posture = declared.get("release_channel"), declared.get("security_posture")
    if channel is not None:
        yield Rule("release channel", channel, ("releaseChannel.channel",), equals(channel))
    if posture is not None:
        yield Rule("security posture", posture, ("securityPostureConfig.mode",), equals(posture))
    if declared.get("binary_authorization"):
        yield Rule("binary authorization", "enforced", ("binaryAuthorization.evaluationMode",), _enforced)
    if declared.get("secrets_key"):
        key = declared["secrets_key"]
        yield Rule("encrypted secrets", key, ("databaseEncryption.keyName",), equals(key))


def _pool(bench: Bench, live: Live, target: str, declared: Mapping[str, Any]) -> Iterator[Cell]:
    for rule in POOL:
        yield _rule(bench, rule, live, target)
    account = str(get(live, "config.serviceAccount") or "default")
    default = account == "default" or account.endswith(_COMPUTE_DEFAULT)
    promised = declared.get("node_account")
    why = "Compute Engine's default account is every machine's" if default else "it is not the declared account"
    yield bench.holds(not default and promised in (None, account), account, target, "node account",
                      promised or "an account of its own", why)  # fmt: skip
    if declared.get("disk_key"):
        key = declared["disk_key"]
        yield _rule(bench, Rule("boot disk key", key, ("config.bootDiskKmsKey",), equals(key)), live, target)


def _rule(bench: Bench, rule: Rule, live: Live, target: str) -> Cell:
    value = rule.value(live)
    return bench.holds(rule.holds(value), shown(value), target, rule.case, rule.expected, rule.fields[0])


def _enforced(mode: Any) -> bool:
    return mode not in (None, "", "DISABLED", "EVALUATION_MODE_UNSPECIFIED")
