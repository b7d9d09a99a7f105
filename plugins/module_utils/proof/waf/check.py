# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task ``waf_check``: attack each endpoint once for each rule set, and ask the same without harm."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.pingpong.platform.plugins.module_utils.common.errors import OptionError
from ansible_collections.pingpong.platform.plugins.module_utils.proof.outcome import Findings, conclude
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.check import endpoint_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.attacks import ATTACKS, rule_set_of
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.observe import send
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.verdicts import PROOF, cell_of, judge

WORKERS = 4


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as in the argument spec; see the module's documentation for the result."""
    endpoints = [endpoint_of(f"endpoints[{n}]", entry) for n, entry in enumerate(options["endpoints"])]
    for n, name in enumerate(options["rule_sets"]):
        if rule_set_of(name) not in ATTACKS:
            raise OptionError(f'rule_sets[{n}]: found "{name}", expected one of {", ".join(sorted(ATTACKS))}')

    def measure() -> Findings:
        asked = [
            (endpoint, entry, name, request)
            for endpoint, entry in zip(endpoints, options["endpoints"], strict=True)
            for name in options["rule_sets"]
            for request in (ATTACKS[rule_set_of(name)].attack, ATTACKS[rule_set_of(name)].twin)
        ]
        with ThreadPoolExecutor(WORKERS) as pool:
            answers = list(pool.map(lambda item: send(item[0], item[3]), asked))
        cells = []
        for (endpoint, entry, name, _request), attack, twin in zip(
            asked[::2], answers[::2], answers[1::2], strict=True
        ):
            judgement = judge(attack, twin, refusal=options["refusal"], status=entry["status"], body=entry.get("body"))
            cells.append(cell_of(options["cluster"], endpoint.name, name, judgement))
        return Findings(cells, {"coverage": {"endpoints": len(endpoints), "requests": len(asked)}})

    return conclude(PROOF, options, measure)
