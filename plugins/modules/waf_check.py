#!/usr/bin/python
# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation and wiring of ``waf_check``; the work is in ``module_utils/proof/waf``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: waf_check
short_description: Verify from outside that a web application firewall refuses attacks
version_added: 0.1.0
author: The pingpong.platform maintainers (@pingpong)
description:
  - Sends to each endpoint, for each rule set, one canonical attack and its harmless twin, over verified TLS. A cell
    passes when the attack is refused and the twin is served; it fails when the attack reaches the service, as it does
    while a rule is in preview or the policy is detached; anything else is inconclusive.
  - The requests only carry parameters and headers that the service ignores, two for each rule set and endpoint.
options:
  endpoints:
    description: The endpoints.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: A name for cells., type: str, required: true}
      address: {description: The IP address or host to connect to; the server name when left out., type: str}
      port: {description: The port., type: int, default: 443}
      server_name: {description: The name sent as SNI and Host., type: str, required: true}
      ca: {description: 'The CA to trust, PEM text; the system''s CAs without it.', type: str}
      ca_file: {description: A file with the CA instead., type: path}
      path: {description: The path of the requests., type: str, default: /}
      timeout: {description: Seconds for each request., type: float, default: 5.0}
      status: {description: The status with which the service answers., type: int, default: 200}
      body: {description: 'The body with which it answers, without surrounding space.', type: str}
  rule_sets:
    description:
      - The rule sets that must refuse, as Cloud Armor names them (V(sqli-v33-stable)) or by their first word (V(sqli)).
    type: list
    elements: str
    required: true
  refusal:
    description: The status of the rules' deny action.
    type: int
    choices: [403, 404, 502]
    default: 403
extends_documentation_fragment:
  - pingpong.platform.check
"""

EXAMPLES = r"""
- name: Prove that the firewall refuses attacks
  pingpong.platform.waf_check:
    cluster: primary
    rule_sets: [sqli-v33-stable, xss-v33-stable, lfi-v33-stable, rce-v33-stable]
    endpoints:
      - name: edge
        address: 198.51.100.70
        server_name: ping.example.com
        path: /ping
        body: pong
"""

RETURN = r"""
extends_documentation_fragment:
  - pingpong.platform.check
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pingpong.platform.plugins.module_utils.common.runner import run_module
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.check import run
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.spec import ARGUMENT_SPEC


def main() -> None:
    """Run as a module, where the action plugin is not used."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    run_module(module, run)


if __name__ == "__main__":
    main()
