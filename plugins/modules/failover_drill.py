#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``failover_drill``; the work is in ``module_utils/proof/failover``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: failover_drill
short_description: Take the primary out of service, and measure when clients are served by a standby and back
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Clients ask the zone's own name server and then, over HTTPS with the chain and the name verified, the address that
    it names, at an interval and without waiting for each other. Other clients ask each site directly.
  - When all clients are served by the primary, and would be by each standby, the Deployment that serves them in the
    primary is scaled to zero. When they are served by a standby it is scaled back, and the drill ends when the primary
    serves again. Each step is bounded.
  - The request that scales to zero saves the number of replicas on the Deployment, in the annotation
    C(pingpong.platform/drill-replicas). It is restored whatever happens; after a drill that was killed, the next one
    does it, or O(state=restored). An autoscaler leaves a Deployment without replicas alone.
  - What is measured is the time until the last client is served, one whose resolver got the old answer at the last
    moment and keeps it for its TTL.
  - Nothing is scaled down, and all that was to be measured is inconclusive, when the primary did not serve steadily
    beforehand or a standby would not have served. The same holds for a primary that goes on serving.
options:
  cluster:
    description: The site that is taken out of service, by its name in O(sites). Cells and reports show it.
  connection:
    description: How to reach the cluster of that site.
  state:
    description: V(drilled) carries out the drill; V(restored) only restores what a killed one has left at zero.
    type: str
    choices: [drilled, restored]
    default: drilled
  workload:
    description: The Deployment that serves clients, which is scaled to zero.
    type: dict
    default: {}
    suboptions:
      namespace: {description: Its namespace., type: str, default: istio-ingress}
      name: {description: Its name., type: str, default: istio-ingressgateway}
  hosts:
    description: The names that clients use. Required for O(state=drilled).
    type: list
    elements: str
  sites:
    description: Where clients are served, the one of O(cluster) and those that stand by. Required for O(state=drilled).
    type: list
    elements: dict
    suboptions:
      name: {description: The name that cells and reports show., type: str, required: true}
      address: {description: The address that DNS answers with., type: str, required: true}
      cluster_name:
        description: The C(cluster) that the service there answers with at O(version_path).
        type: str
        required: true
  name_server:
    description: A name server of the zone itself, not a resolver. Required for O(state=drilled).
    type: str
  health_check:
    description: The health check of the records; what O(objective) leaves out is computed from it.
    type: dict
    default: {}
    suboptions:
      interval: {description: Seconds between two probes., type: float, default: 30.0}
      timeout: {description: Seconds for a probe., type: float, default: 5.0}
      healthy: {description: Probes in a row after which an endpoint is healthy., type: int, default: 2}
      unhealthy: {description: Probes in a row after which it is not., type: int, default: 2}
      time_factor:
        description:
          - What interval and timeout are multiplied with where health checks run faster than they are declared, as a
            stand-in for the cloud may run them.
          - Cells hold what was measured against seconds of the same clock, and say this factor.
        type: float
        default: 1.0
  margin:
    description: Seconds in a computed objective for what starts and ends (pods, load balancers).
    type: float
    default: 60.0
  objective:
    description: What is promised.
    type: dict
    default: {}
    suboptions:
      failover_seconds:
        description:
          - Seconds from the break until everyone is served by a standby.
          - When left out, interval x unhealthy + timeout of O(health_check), O(ttl) and O(margin).
        type: float
      failback_seconds:
        description: The same for the way back, with the threshold C(healthy).
        type: float
      failback_failures:
        description: How many requests may fail on the way back, while both sites serve.
        type: int
        default: 0
attributes:
  check_mode:
    description: Sees whether the drill could be carried out, and scales nothing down.
    support: partial
    details: The failover itself is not measured.
  idempotent:
    description: Leaves everything as it was, after a time out of service.
    support: full
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.check.clients
  - pingpong.platform.cluster
notes:
  - Needs the Python library C(dnslib) in the controller.
  - A real outage of the primary, for as long as DNS takes to fail over. Run it when that may be.
"""

EXAMPLES = r"""
- name: Take the primary out of service and measure who serves
  pingpong.platform.failover_drill:
    cluster: primary
    connection: "{{ hostvars.primary.cluster_connection }}"
    hosts: [test.localdev.me]
    sites:
      - {name: primary, address: 198.51.100.64, cluster_name: pingpong-local-primary}
      - {name: secondary, address: 198.51.100.128, cluster_name: pingpong-local-secondary}
    name_server: 127.0.0.1
    name_server_port: 18053
    ca_file: pki/edge.pem
    objective: {failover_seconds: 120}

- name: Restore what a killed drill has left at zero
  pingpong.platform.failover_drill:
    cluster: primary
    connection: "{{ hostvars.primary.cluster_connection }}"
    state: restored
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
measured:
  description: For each host the seconds of both changes, the requests that were served and failed meanwhile, the TTL.
  returned: for O(state=drilled)
  type: list
  elements: dict
  sample:
    - host: test.localdev.me
      time_factor: 1.0
      ttl: 30
      failover:
        answer_seconds: 8.2
        served_seconds: 8.3
        everyone_seconds: 37.4
        served: 1
        failed: 7
        errors: {connection refused: 7}
timelines:
  description: For each host what clients met, as spans of the same outcome; the report draws them.
  returned: for O(state=drilled)
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.failover.spec import (
    FAILOVER_DRILL,
    FAILOVER_DRILL_CONSTRAINTS,
)


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=FAILOVER_DRILL, supports_check_mode=True, **FAILOVER_DRILL_CONSTRAINTS)
    run_module(module, lambda options: run(options, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
