#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``proof_report``; the work is in ``module_utils/proof/report``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: proof_report
short_description: Write the results of the checks as one table, one JSON document and one HTML page
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Gathers the results of checks on all clusters, writes C(report.json), a self-contained C(index.html) and the numbers
    as Prometheus' metrics in C(report.prom), shows a table, and then fails when a cell is not a pass.
  - A cluster without a result, and a result without cells, count as inconclusive.
options:
  clusters:
    description: The clusters that the run was about.
    type: list
    elements: str
    required: true
  results:
    description: The registered results of the checks.
    type: list
    elements: dict
    required: true
  path:
    description: The folder to write to; it is made where it is missing.
    type: path
    required: true
  title:
    description: The report's heading.
    type: str
    default: What was promised, and what runs
  environment_name:
    description: The environment that the report is about.
    type: str
    required: true
  max_age:
    description: How long the verdicts count, in seconds. With it, C(report.prom) says so too, and an alert can compare.
    type: int
  fail:
    description: Fail the task when a cell is not a pass, and name it; the files are written in any case.
    type: bool
    default: true
attributes:
  check_mode:
    description: Writes the report in check mode as well.
    support: full
  diff_mode:
    description: Has nothing to show a difference of.
    support: none
"""

EXAMPLES = r"""
- name: Report
  pingpong.platform.proof_report:
    clusters: "{{ groups['clusters'] }}"
    environment_name: local
    results: "{{ groups['clusters'] | map('extract', hostvars, 'verify_results') | flatten }}"
    path: report
"""

RETURN = r"""
summary:
  description: How many cells there are of each verdict, and in all (C(total)).
  returned: always
  type: dict
table:
  description: The table, as text.
  returned: success
  type: str
html:
  description: The path of the page.
  returned: always
  type: str
json:
  description: The path of the document.
  returned: always
  type: str
metrics:
  description: The path of the metrics.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.spec import PROOF_REPORT
from ansible_collections.pingpong.platform.plugins.module_utils.proof.report.write import run


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=PROOF_REPORT, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
