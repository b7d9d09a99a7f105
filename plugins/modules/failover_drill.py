#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``failover_drill``; the work is in ``module_utils/proof/failover``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: failover_drill
short_description: Take a region out of service, and measure when clients are served by another one and back
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Clients ask the zone's own name server and then, over HTTPS with the chain and the name verified, the address that
    it names, at an interval and without waiting for each other. Other clients ask each site directly.
  - One more client of each host holds on to its connection for as long as it is served over it.
  - When all clients are served by the primary, which is the site of O(cluster), and would be by each standby, a fault
    is injected through the API of the primary's cluster. When they are served by a standby it is restored, and the
    drill ends when the primary serves again. Each step is bounded. This is done O(runs) times for each of O(faults).
  - Every request that takes something away saves what it was on the same object, in the annotation
    C(pingpong.platform/drill-replicas) or C(pingpong.platform/drill-spec). It is restored whatever happens; after a
    drill that was killed, the next one does it, or O(state=restored), whichever fault it was.
  - What is measured is the time until the last client is served, one whose resolver got the old answer at the last
    moment and keeps it for its TTL. The RTO counts from the first request that was lost; it is held against the floor,
    which is what O(health_check) and the TTL of the answers add up to.
  - Nothing is taken away, and all that was to be measured is inconclusive, when the primary did not serve steadily
    beforehand or a standby would not have served. The same holds for a primary that goes on serving.
options:
  cluster:
    description: The site that is taken out of service, by its name in O(sites). Cells and reports show it.
  connection:
    description: How to reach the cluster of that site.
  state:
    description: V(drilled) carries out the drill; V(restored) only restores what a killed one has taken away.
    type: str
    choices: [drilled, restored]
    default: drilled
  faults:
    description:
      - The ways in which the primary is lost, one after the other.
      - V(gateway) scales O(workload) to zero. An autoscaler leaves a Deployment without replicas alone.
      - V(backends) has the HealthCheckPolicy that targets the Service of O(workload) ask for a path that it does not
        have, so that the load balancer finds no healthy backend.
      - V(isolated) empties every NetworkPolicy of O(namespaces), so that their pods are reached by nobody and reach
        nobody. Pods that no policy selects go on.
    type: list
    elements: str
    choices: [gateway, backends, isolated]
    default: [gateway]
  runs: {description: How often each of them., type: int, default: 1}
  namespaces:
    description: The namespaces that V(isolated) cuts off.
    type: list
    elements: str
    default: [istio-ingress]
  mesh:
    description:
      - The cluster of a standby whose mesh is looked at while that serves everyone, once in a task, as
        M(pingpong.platform.mtls_check) does. Its cells are among the others.
      - Left out, mutual TLS is not looked at.
    type: dict
    suboptions:
      cluster: {description: The name that cells show., type: str, required: true}
      connection: {description: How to reach it., type: dict, required: true}
      environment_name: {description: 'The environment, as a label of the probe pods.', type: str, required: true}
      probe_image: {description: An image with Python and the probe program., type: str, required: true}
      probe_command:
        description: How the probe program is started.
        type: list
        elements: str
        default: [python3, -m, pingpong.probe]
      probe_timeout: {description: Seconds for one probe., type: float, default: 5.0}
      namespaces: {description: The namespaces of the workloads., type: list, elements: str, required: true}
      trust_domain: {description: The mesh's trust domain., type: str, required: true}
      probe_namespace: {description: 'A namespace outside the mesh, for impostors.', type: str, required: true}
      admit_probes:
        description: Whether NetworkPolicies admit the probe pods meanwhile.
        type: bool
        default: false
  workload:
    description: The Deployment that serves clients; a Service has the same name.
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
    description: The health check of the records; the floor, and what O(objective) leaves out, are computed from it.
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
      rto_factor:
        description: How many times the floor the RTO of each run may be.
        type: float
        default: 1.2
attributes:
  check_mode:
    description: Sees whether the drill could be carried out, and takes nothing away.
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

- name: Lose it in each way, three times, and see that the mesh of the other one holds
  pingpong.platform.failover_drill:
    cluster: primary
    connection: "{{ hostvars.primary.cluster_connection }}"
    faults: [gateway, backends, isolated]
    runs: 3
    namespaces: [istio-ingress, pingpong-a, pingpong-b]
    hosts: [test.localdev.me]
    sites: "{{ sites }}"
    name_server: 127.0.0.1
    mesh:
      cluster: secondary
      connection: "{{ hostvars.secondary.cluster_connection }}"
      environment_name: local
      probe_image: "{{ ping_image }}"
      namespaces: [pingpong-a, pingpong-b]
      trust_domain: pingpong.local
      probe_namespace: pingpong-c

- name: Restore what a killed drill has taken away
  pingpong.platform.failover_drill:
    cluster: primary
    connection: "{{ hostvars.primary.cluster_connection }}"
    state: restored
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
measured:
  description:
    - For each run and host the seconds of both changes, the requests that were served and failed meanwhile, what its
      keep-alive client met, the RTO, its floor, the TTL.
  returned: for O(state=drilled)
  type: list
  elements: dict
  sample:
    - host: test.localdev.me
      fault: gateway
      run: 1
      time_factor: 1.0
      ttl: 30
      lost_seconds: 0.6
      rto_seconds: 36.8
      floor_seconds: 36.5
      failover:
        answer_seconds: 8.2
        served_seconds: 8.3
        everyone_seconds: 37.4
        served: 1
        failed: 7
        errors: {connection refused: 7}
rto:
  description: For each fault and host the RTO of each run, their median and the worst, the floor, and what is allowed.
  returned: for O(state=drilled)
  type: list
  elements: dict
  sample:
    - fault: gateway
      host: test.localdev.me
      floor: 36.5
      allowed: 43.8
      seconds: [36.8, 37.2]
      lacks: []
      median: 37.0
      worst: 37.2
timelines:
  description: For each run and host what clients met, as spans of the same outcome; the report draws them.
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
