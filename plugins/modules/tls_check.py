#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``tls_check``; the work is in ``module_utils/proof/tls``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_check
short_description: Verify that HTTPS endpoints present, speak, refuse and answer what is expected
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Looks at endpoints from the controller. Checks the chain against a CA, the names, how long each certificate of it is
    still valid, which TLS versions and weak ciphers are spoken, the answer, the redirect of plain HTTP, and
    Strict-Transport-Security.
options:
  connection:
    description:
      - How to reach the cluster, as for M(pingpong.platform.k8s_apply); only needed for O(endpoints[].service).
    type: dict
  endpoints:
    description: The endpoints.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: A name for cells., type: str, required: true}
      address: {description: The IP address or host to connect to; the server name when left out., type: str}
      service:
        description: A Service of type LoadBalancer whose address is connected to, instead.
        type: dict
        suboptions:
          namespace: {description: Its namespace., type: str, required: true}
          name: {description: Its name., type: str, required: true}
      port: {description: The port., type: int, default: 443}
      server_name: {description: 'The name sent as SNI, which the certificate must carry.', type: str, required: true}
      ca: {description: 'The CA to trust, PEM text; the system''s CAs without it.', type: str}
      ca_file: {description: A file with the CA instead., type: path}
      path: {description: The path of the request., type: str, default: /}
      timeout: {description: Seconds for each connection., type: float, default: 5.0}
      names:
        description: The names that the certificate must carry; the server name when left out.
        type: list
        elements: str
        default: []
      min_days: {description: How many days each certificate of the chain must have left., type: float, default: 7}
      min_version:
        description: The oldest TLS version that may be spoken.
        type: str
        choices: ['1.2', '1.3']
        default: '1.2'
      status: {description: The status that must be answered., type: int, default: 200}
      body: {description: 'The body that must be answered, without surrounding space.', type: str}
      plain_port: {description: 'A port of plain HTTP, which is not looked at when left out.', type: int}
      redirect: {description: 'Whether plain HTTP must redirect to HTTPS, or be closed (V(false)).', type: bool}
      hsts_min_seconds: {description: 'The least max-age of Strict-Transport-Security, if any.', type: int}
extends_documentation_fragment:
  - pingpong.platform.check
"""

EXAMPLES = r"""
- name: Prove the HTTPS host
  pingpong.platform.tls_check:
    cluster: primary
    endpoints:
      - name: gateway a
        address: 198.51.100.64
        server_name: test.localdev.me
        ca_file: pki/edge-root.pem
        path: /ping
        body: pong
        plain_port: 80
        redirect: true
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
certificates:
  description: Every certificate that was presented, decoded.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.spec import ARGUMENT_SPEC


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
