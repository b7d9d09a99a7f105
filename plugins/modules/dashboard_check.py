#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``dashboard_check``; the work is in ``module_utils/proof/dashboard``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dashboard_check
short_description: Ask the live Prometheus what each dashboard panel asks, and move its counters
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Runs every query of Grafana dashboards against the Prometheus of a cluster, through the API server's proxy; each
    must find at least one number. Grafana itself is not needed.
  - Makes calls from live pods and waits until the counters of these calls have risen.
options:
  dashboards:
    description: Grafana dashboards, JSON files.
    type: list
    elements: path
    default: []
  prometheus:
    description: The Service of Prometheus.
    type: dict
    default: {}
    suboptions:
      namespace: {description: Its namespace., type: str, default: monitoring}
      name: {description: Its name., type: str, default: prometheus}
      port: {description: Its port., type: int, default: 9090}
      path: {description: Where the API is served., type: str, default: /}
  movements:
    description: Counters that must rise when something is called.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: A name for the cell., type: str, required: true}
      query: {description: The query; the values that it finds are summed., type: str, required: true}
      namespace: {description: Where the calling pod is., type: str, required: true}
      labels: {description: Labels of the calling pod; its image must carry the probe program., type: dict, default: {}}
      url: {description: What is called., type: str, required: true}
      method: {description: How., type: str, default: GET}
      calls: {description: How often., type: int, default: 20}
      at_least: {description: By how much the query must rise; by the number of calls when left out., type: float}
  settle_timeout:
    description: For how many seconds a query without data is asked again; rates need a few scrapes.
    type: float
    default: 90.0
  history:
    description: Of how many seconds RV(panels) has the values.
    type: float
    default: 900.0
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.check.probes
  - pingpong.platform.cluster
"""

EXAMPLES = r"""
- name: Prove that the dashboard shows something
  pingpong.platform.dashboard_check:
    connection: "{{ cluster_connection }}"
    cluster: primary
    environment_name: local
    probe_image: localhost/pingpong/ping:1
    dashboards: [ping.json]
    movements:
      - name: b counts what a calls
        query: sum(ping_requests_received_total{namespace="pingpong-b"})
        namespace: pingpong-a
        url: http://pingpong-b.pingpong-b.svc:8080/ping
"""

RETURN = r"""
panels:
  description:
    - What each panel draws, its C(dashboard), C(panel), C(unit) and C(series), each with a C(name) and C(points) of
      seconds since the epoch and value. Of many series the highest, and how many were C(left_out).
  returned: always
  type: list
  elements: dict
extends_documentation_fragment:
  - pingpong.platform.check
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.dashboard.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.dashboard.spec import DASHBOARD_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=DASHBOARD_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
