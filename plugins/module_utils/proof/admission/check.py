# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``admission_check``: each rule is in force, answers its cases, and would admit what runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.api.client import ClusterClient
from ansible_collections.pingpong.platform.plugins.module_utils.kubernetes.model import key_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.ask import (
    answers_to_cases,
    answers_to_live,
    live_objects,
    rules_in_force,
    served,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.cases import cases
from ansible_collections.pingpong.platform.plugins.module_utils.proof.admission.verdicts import (
    judge_case,
    judge_live,
    judge_presence,
)
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude

PROOF = "admission"
ASKED = "API server"


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    client = ClusterClient.from_connection(options["connection"])
    return conclude(PROOF, options, lambda: measure(client, options))


def measure(client: ClusterClient, options: Mapping[str, Any]) -> Findings:
    """Every rule, every case in each namespace that its rule holds in, every object that a rule matches."""
    cluster, table = options["cluster"], cases(options["image"])
    rules = rules_in_force(client, options["environment_name"])
    cells = [
        judge_presence(name, rules).cell(PROOF, cluster, ASKED, name, "in force", "in force")
        for name in dict.fromkeys(case.rule for case in table)
    ]
    enforced = {rule.name: rule for rule in rules if rule.denies and not rule.lacks}
    unknown = {case.kind[1] for case in table if not served(client, case.kind)}
    asked = [
        (case, namespace)
        for case in table
        if case.rule in enforced and case.kind[1] not in unknown
        for namespace in enforced[case.rule].namespaces
    ]
    for (case, namespace), said in zip(asked, answers_to_cases(client, asked), strict=True):
        expected = f"refused by {case.rule}" if case.refused else "admitted"
        cells.append(
            judge_case(case, said).cell(PROOF, cluster, ASKED, f"{case.rule}, {namespace}", case.name, expected)
        )
    live = live_objects(client, enforced.values())
    for obj, said in zip(live, answers_to_live(client, live), strict=True):
        cells.append(judge_live(said).cell(PROOF, cluster, ASKED, str(key_of(obj)), "what runs", "admitted"))
    notes = [f"{kind}: the cluster does not serve it, so no rule was asked about it" for kind in sorted(unknown)]
    return Findings(cells, {"coverage": {"cases": len(asked), "live": len(live)}, "not_covered": notes})
