#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``mtls_check``; the work is in ``module_utils/proof/mtls``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mtls_check
short_description: Prove that workloads only talk over mutual TLS, from both sides
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Lets every workload of the mesh's namespaces be called by every other one, and by impostors of it - in plain text,
    without a certificate, with one of a wrong CA, expired, not yet valid, of a wrong trust domain or service account,
    with an old TLS version, by the pod's address, on ports that nobody declared - over TLS 1.2 and TLS 1.3.
  - A proxy may decide by what a client offers. Callers without a good certificate therefore offer every protocol (ALPN)
    with every kind of server name (SNI), those that the target's own filter chains name included; and in plain text
    speak HTTP/1.1, HTTP/2, neither, and nothing at all.
  - Which ports a pod listens on is read from the kernel's tables in its proxy's container, else in the others; no image
    needs anything for it but C(cat) or the probe program in one of them. A pod whose ports can't be learned is
    inconclusive. Ports of UDP and SCTP, which no mTLS protects, fail unless an exception covers them.
  - A workload that network policies keep away from another one is expected not to reach it; what a caller's own sidecar
    answers for itself is never taken for the target's answer.
  - A call that must succeed passes when a nonce came back, the server saw the caller's SPIFFE identity and the caller
    verified the server's. A call that must be refused passes when no byte of the application came back, the server's
    proxy counted the refusal under its name, and a good caller was answered on the same port meanwhile.
    Anything else is inconclusive, which fails the task.
  - With O(callers), the workloads of other clusters of the same mesh call as well, and impostors from there.
  - The wrong and the good certificates are signed in the controller's memory with the mesh's own CA Secret, live for
    minutes and reach the probe pod on its standard input.
options:
  namespaces:
    description: The namespaces of the mesh whose workloads are proved.
    type: list
    elements: str
    required: true
  trust_domain:
    description: The mesh's trust domain.
    type: str
    required: true
  mesh_namespace:
    description: Where istiod runs, with its CA Secret (C(cacerts) or C(istio-ca-secret)).
    type: str
    default: istio-system
  probe_namespace:
    description: A namespace outside the mesh for the probe pod.
    type: str
    required: true
  admit_probes:
    description:
      - For as long as the probes run, let NetworkPolicies admit the probe pods to the namespaces.
      - Without it, a namespace that drops the probes' packets gives inconclusive cells.
    type: bool
    default: false
  whoami_path:
    description:
      - A path that answers with the identity that was seen, as JSON C({"peer":{"uri":[]}}), and the query's C(nonce).
    type: str
    default: /whoami
  whoami_ports:
    description: The ports that serve O(whoami_path). Calls to others are only tried as impostors.
    type: list
    elements: int
    default: [8080]
  min_authority_days:
    description: How many days every CA certificate of the mesh must have left.
    type: float
    default: 14
  callers:
    description:
      - Other clusters of the same trust domain, whose workloads in O(namespaces) call those of this cluster by the
        addresses of their pods. A probe pod in O(probe_namespace) of the other cluster presents what that cluster's
        mesh signs, and trusts whom that mesh trusts. Cells name the caller with its cluster.
      - Pods of the clusters must be routable to each other and keep their address, as those of VPC-native clusters in
        one network do. Cells of what cannot be reached, or of a cluster that cannot call, are inconclusive.
      - With O(admit_probes) the probe pod is let in by its address. Calls through the caller's own sidecar, and to
        undeclared ports, are made from this cluster alone.
    type: list
    elements: dict
    default: []
    suboptions:
      cluster: {description: The name under which cells show the other cluster., type: str, required: true}
      connection: {description: 'How to reach it, as in O(connection).', type: dict, required: true}
  declared_callers:
    description:
      - Who may ask a port for what. Every workload of O(namespaces), the port's own included, and every caller that is
        declared, then tries whatever is declared for anybody on that port, and a path that is not; a request must be
        answered exactly where its caller is declared to make it, and else refused with 403, which the server's proxy
        counted.
      - Without it, a call of any workload of the mesh must be answered, and a foreign service account is tried only
        where an AuthorizationPolicy names principals. What is right is never read from AuthorizationPolicies.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace: {description: The called workload's namespace., type: str, required: true}
      workload: {description: The called workload; every one of the namespace when left out., type: str}
      port: {description: The port of its pods., type: int, required: true}
      callers:
        description: Everybody who may call it.
        type: list
        elements: dict
        required: true
        suboptions:
          namespace: {description: The caller's namespace., type: str, required: true}
          service_account: {description: The caller's service account., type: str, required: true}
          methods:
            description: The methods that it may use; any when left out, of which C(GET) is tried.
            type: list
            elements: str
            default: []
          paths:
            description:
              - The paths that it may ask for, with C(*) at one end; any when left out. A caller of O(whoami_ports)
                needs O(whoami_path) among them, as that is how the server says whom it saw.
            type: list
            elements: str
            default: []
  exceptions:
    description: Ports that may answer without mutual TLS, each for a reason and until a day.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace: {description: The workload's namespace., type: str, required: true}
      workload: {description: The workload; every one of the namespace when left out., type: str}
      port: {description: The port., type: int, required: true}
      cases:
        description: The cases that are excused, such as V(plaintext) or V(udp); all of them when left out.
        type: list
        elements: str
        default: []
      reason: {description: Why., type: str, required: true}
      until: {description: 'The last day on which the exception holds, as C(2030-12-31).', type: str, required: true}
extends_documentation_fragment:
  - pingpong.platform.check
  - pingpong.platform.check.probes
  - pingpong.platform.cluster
"""

EXAMPLES = r"""
- name: Prove mutual TLS between a and b
  pingpong.platform.mtls_check:
    connection: "{{ cluster_connection }}"
    cluster: primary
    environment_name: local
    namespaces: [pingpong-a, pingpong-b]
    trust_domain: pingpong.local
    probe_namespace: pingpong-c
    probe_image: localhost/pingpong/ping:1
    admit_probes: true
    callers:
      - {cluster: secondary, connection: "{{ hostvars.secondary.cluster_connection }}"}
    exceptions:
      - {namespace: pingpong-a, port: 9080, cases: [plaintext], reason: an old scraper, until: "2030-12-31"}
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
authorities:
  description: For each cluster that called, the authority that signed what its good callers presented.
  returned: always
  type: dict
permissive_ports:
  description: Ports that answered a caller who presented nothing.
  returned: always
  type: list
  elements: str
pods_without_sidecar:
  description: Pods of the namespaces that have none.
  returned: always
  type: list
  elements: str
certificates:
  description: Every certificate that was presented, decoded, the first to end first.
  returned: always
  type: list
  elements: dict
earliest_expiry_days:
  description: Days until the first of them ends.
  returned: always
  type: float
protocol_floor:
  description: The oldest TLS version that brought an answer.
  returned: always
  type: str
ciphers:
  description: The ciphers that were agreed on.
  returned: always
  type: list
  elements: str
not_covered:
  description: What could not be looked at, and why.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.mtls.spec import MTLS_CHECK


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=MTLS_CHECK, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
